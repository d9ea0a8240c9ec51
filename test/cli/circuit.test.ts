import * as assert from "uvu/assert";
import { giveUpAfter } from "../../src/cli/circuit.ts";
import type { CheckOptions, JudgingPlugin } from "../../src/host/plugin.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { jsonDocument } from "../support/document.ts";
import { MANIFEST } from "../support/guest.ts";
import { suite } from "../support/suite.ts";

const test = suite("circuit");

type Answer = "allow" | "sandbox.timeout" | "sandbox.fuel" | "sandbox.trap" | "wait";

/** A plugin that gives these answers in turn; one that waits does so until it is aborted. */
function scripted(answers: Answer[]): JudgingPlugin & { asked: number } {
  const plugin = {
    manifest: MANIFEST,
    digest: "sha256:x",
    asked: 0,
    admission: {
      judges: ({ kind }: { kind: string }) => kind === "json",
      check: (_document: unknown, options?: CheckOptions) => {
        const answer = answers[plugin.asked++]!;
        if (answer === "allow") return Promise.resolve({ allowed: true, reasons: [] });
        if (answer !== "wait") return Promise.reject(new PluginError(answer, "no answer"));
        return new Promise<never>((_, reject) =>
          options!.signal!.addEventListener(
            "abort",
            () => reject(new PluginError("call.aborted", "aborted")),
          )
        );
      },
    },
    call: () => Promise.reject(new Error("this plugin judges only")),
  };
  return plugin;
}

const never = () => new AbortController().signal;

async function ask(plugin: JudgingPlugin): Promise<string> {
  try {
    await plugin.admission.check(jsonDocument({}));
    return "allow";
  } catch (error) {
    const { code, message } = error as PluginError;
    return message.includes("asked no more") ? `${code}, not asked` : code;
  }
}

test("giveUpAfter() asks no more after so many timeouts in a row", async () => {
  const plugin = scripted(["sandbox.timeout", "sandbox.timeout", "sandbox.timeout", "allow"]);
  const guarded = giveUpAfter(plugin, 3, never());
  for (let n = 0; n < 3; n++) assert.is(await ask(guarded), "sandbox.timeout");
  assert.is(await ask(guarded), "sandbox.timeout, not asked");
  assert.is(plugin.asked, 3);
});

test("giveUpAfter() takes a call that used up its fuel for one without an end", async () => {
  const guarded = giveUpAfter(scripted(["sandbox.timeout", "sandbox.fuel", "allow"]), 2, never());
  assert.equal([await ask(guarded), await ask(guarded), await ask(guarded)], [
    "sandbox.timeout",
    "sandbox.fuel",
    "sandbox.fuel, not asked",
  ]);
});

for (const between of ["allow", "sandbox.trap"] as const) {
  test(`giveUpAfter() begins anew behind ${between}`, async () => {
    const plugin = scripted(["sandbox.timeout", between, "sandbox.timeout", "allow"]);
    const guarded = giveUpAfter(plugin, 2, never());
    const answers = [
      await ask(guarded),
      await ask(guarded),
      await ask(guarded),
      await ask(guarded),
    ];
    assert.equal(answers, ["sandbox.timeout", between, "sandbox.timeout", "allow"]);
  });
}

test("giveUpAfter() ends the calls that wait when it gives up", async () => {
  const guarded = giveUpAfter(scripted(["wait", "sandbox.timeout"]), 1, never());
  assert.equal(await Promise.all([ask(guarded), ask(guarded)]), [
    "sandbox.timeout, not asked",
    "sandbox.timeout",
  ]);
});

test("giveUpAfter() leaves an abort of the run an abort", async () => {
  const controller = new AbortController();
  const waiting = ask(giveUpAfter(scripted(["wait"]), 1, controller.signal));
  controller.abort();
  assert.is(await waiting, "call.aborted");
});

test("giveUpAfter() judges what its plugin judges", () => {
  const { admission, manifest, digest } = giveUpAfter(scripted([]), 1, never());
  assert.equal([admission.judges({ kind: "json" }), admission.judges({ kind: "yaml" })], [
    true,
    false,
  ]);
  assert.equal([manifest, digest], [MANIFEST, "sha256:x"]);
});

test.run();
