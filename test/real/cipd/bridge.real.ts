import { spawn } from "node:child_process";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { builtPlugin } from "../../../scripts/build-plugins.ts";
import { CLI, plainEnvironment } from "../../support/cli.ts";
import { IID, SHA1_IID } from "../../support/cipd-fake-host.ts";
import { makeFolder, type TestFolder } from "../../support/folder.ts";
import { bundleOf } from "../../support/guest.ts";
import { leaveOut } from "../../support/optional.ts";
import { suite } from "../../support/suite.ts";
import { buildTools, tool } from "./tools.ts";

// "(host N)" in a test's name is the number of a behaviour of CIPD's own host; see test/cipd/README.md.

interface Context {
  folder: TestFolder;
  policy: string;
}

const test = suite<Context>("the bridge under CIPD's own plugin host");

/** What the driver prints: the host's answer about a pin, or a request for metadata. */
interface Answer {
  readonly pin: string;
  readonly code: string;
  readonly message: string;
  readonly same?: boolean;
}
interface Listed {
  readonly listed: string;
  readonly keys: readonly string[];
  readonly pageSize: number;
  readonly pageToken: string;
  readonly hash: string;
  readonly digest: string;
}

interface Driven {
  readonly code: number | null;
  readonly answers: readonly Answer[];
  readonly listed: readonly Listed[];
  /** The host's log, and what the plugin itself printed there. */
  readonly stderr: string;
}

/** Runs the driver with a plugin's command line; pins are names of packages, with or without a version. */
function drive(
  flags: readonly string[],
  command: readonly string[],
  pins: readonly string[],
): Promise<Driven> {
  return new Promise((resolve, reject) => {
    const child = spawn(tool("driver"), [...flags, "--", ...command], {
      env: plainEnvironment() as Record<string, string>,
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (chunk) => stdout += chunk);
    child.stderr.on("data", (chunk) => stderr += chunk);
    child.on("error", reject);
    child.on("close", (code) => {
      const lines = stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line));
      const answers = lines.filter((line) => "pin" in line);
      resolve({ code, answers, listed: lines.filter((line) => "listed" in line), stderr });
    });
    child.stdin.on("error", () => {});
    child.stdin.end(pins.map((pin) => pin.includes(" ") ? `${pin}\n` : `${pin} ${IID}\n`).join(""));
  });
}

const bridge = (...args: string[]): string[] => [CLI[0], ...CLI[1], "cipd", "serve", ...args];

const PINS = { implements: [{ contract: "admission", version: 1, kinds: ["cipd.pin"] }] };

test.before(async (context) => {
  context.folder = await makeFolder();
  context.policy = builtPlugin("cipd-policy");
  const service = "https://example.com";
  await context.folder.write({
    "policy.yaml": `services: [${service}]\npackages: [{ prefix: good }]\n`,
    "metadata.yaml": `services: [${service}]
packages: [{ prefix: good, metadata: [{ key: key, values: [value 44] }] }]
`,
    "large.yaml": `services: [${service}]
packages: [{ prefix: good, metadata: [{ key: key, values: [none] }] }]
`,
    "trap.wasm": bundleOf(
      `(module (memory (export "memory") 1) (func (export "admission_check") (result i32) unreachable))`,
      { name: "trap", ...PINS },
    ),
    "loop.wasm": bundleOf(
      `(module (memory (export "memory") 1)
        (func (export "admission_check") (result i32) (loop $l (br $l)) (i32.const 0)))`,
      { name: "loop", ...PINS, limits: { fuel: 1_000_000 } },
    ),
  });
});

test.after(({ folder }) => folder.remove());

const served = ({ policy, folder }: Context, settings: string): string[] =>
  bridge("--plugin", policy, "--settings", join(folder.path, settings), "--allow-metadata");

const missing = await buildTools();

/** A test that needs the programs. */
const real: typeof test = ((name: string, run: (context: Context) => Promise<void>) => {
  if (missing === undefined) test(name, run);
}) as typeof test;

if (missing !== undefined) leaveOut("the bridge under CIPD's own plugin host", missing);

real(
  "what the policy allows is approved, what it denies is refused with its words (host 10)",
  async (context) => {
    const pins = ["good/a", "bad/b", `good/c ${SHA1_IID}`];
    const { code, answers, stderr } = await drive([], served(context, "policy.yaml"), pins);
    assert.is(code, 0, stderr);
    assert.equal(answers[0], { ...answers[0], pin: "good/a", code: "OK", message: "" });
    assert.is(answers[1]!.code, "FailedPrecondition");
    assert.match(answers[1]!.message, /"bad\/b".*\[package-allowed\]/);
    assert.is(answers[2]!.code, "FailedPrecondition");
    assert.match(answers[2]!.message, /\[hash-allowed\]/);
  },
);

real(
  "the same pin is asked about once, and again when the cache was cleared (host 11, 13, 14)",
  async (context) => {
    const { answers } = await drive(["-twice"], served(context, "policy.yaml"), ["good/a"]);
    assert.equal(answers.map(({ code, same }) => [code, same]), [
      ["OK", undefined],
      ["OK", true],
      ["OK", undefined],
    ]);
  },
);

real(
  "metadata comes from the host, by pages and keys, for the pin at hand (host 17)",
  async (context) => {
    const flags = ["-metadata", "45"];
    const { answers, listed, stderr } = await drive(flags, served(context, "metadata.yaml"), [
      "good/a",
    ]);
    assert.is(answers[0]!.code, "OK", `${answers[0]!.message} ${stderr}`);
    const { pageSize } = listed[0]!;
    assert.equal(
      listed.map(({ pageToken }) => pageToken),
      Array.from(
        { length: Math.ceil(45 / pageSize) },
        (_, n) => n ? `start-from-${n * pageSize}` : "",
      ),
    );
    for (const { listed: name, keys, hash, digest } of listed) {
      assert.equal([name, keys, hash], ["good/a", ["key"], "SHA256"]);
      assert.is(digest, "a948904f2f0f479b8f8197694b30184b0d2ed1c1cd2a1ec0fb85d299a192a447");
    }
  },
);

real(
  "a host that refuses metadata, or has none that pleases, is a denial in the policy's words (host 19)",
  async (context) => {
    const command = served(context, "metadata.yaml");
    const none = await drive(["-metadata", "3"], command, ["good/a"]);
    assert.is(none.answers[0]!.code, "FailedPrecondition");
    assert.match(none.answers[0]!.message, /\[metadata-required\]/);
    const refused = await drive(["-metadata-denied"], command, ["good/a"]);
    assert.is(refused.answers[0]!.code, "FailedPrecondition");
    assert.match(refused.answers[0]!.message, /\[metadata-available\]/);
  },
);

real("twenty values of 512 KiB are read, or the check ends; it never approves", async (context) => {
  const flags = ["-metadata", "20", "-value-size", String(512 * 1024)];
  const small = await drive(flags, served(context, "large.yaml"), ["good/a"]);
  assert.match(small.answers[0]!.code, /^(ResourceExhausted|FailedPrecondition)$/);
  const command = [...served(context, "large.yaml"), "--fuel", "20000000000"];
  const { answers, listed } = await drive(flags, command, ["good/a"]);
  assert.is(answers[0]!.code, "FailedPrecondition", answers[0]!.message);
  assert.match(answers[0]!.message, /\[metadata-required\]/);
  assert.ok(listed.length > 1);
});

real("a trap and an endless loop block, and are no denials", async ({ folder }) => {
  for (
    const [name, code, words] of [
      ["trap", "Internal", /sandbox\.trap/],
      ["loop", "ResourceExhausted", /sandbox\.fuel/],
    ] as const
  ) {
    const { answers } = await drive([], bridge("--plugin", join(folder.path, `${name}.wasm`)), [
      "a",
    ]);
    assert.is(answers[0]!.code, code);
    assert.match(answers[0]!.message, words);
  }
});

real("a thousand pins at once, denied and allowed (host 15)", async (context) => {
  const pins = Array.from({ length: 1_000 }, (_, n) => `${n % 2 ? "good" : "bad"}/${n}`);
  const { answers, stderr } = await drive([], served(context, "policy.yaml"), pins);
  assert.is(answers.length, 1_000);
  for (const { pin, code } of answers) {
    assert.is(code, pin.startsWith("good/") ? "OK" : "FailedPrecondition", pin);
  }
  // Nothing is said where all goes well.
  assert.is(stderr, "");
});

real(
  "a plugin that is closed rejects what waits, and ends by itself with 0 (host 2, 3, 20, 27)",
  async (context) => {
    const flags = ["-metadata-hangs", "-close-after", "1500ms"];
    // Says how the bridge ended, which it does not where the host had to kill it.
    const told = ["/bin/sh", "-c", '"$@"; echo "ended with $?" >&2', "sh"];
    const command = [...told, ...served(context, "metadata.yaml")];
    const { code, answers, stderr } = await drive(flags, command, ["good/a", "good/b"]);
    assert.is(code, 0);
    assert.equal(answers.map((answer) => answer.code), ["ErrAborted", "ErrAborted"]);
    assert.match(stderr, /ended with 0/);
  },
);

real(
  "a bridge that is killed fails all checks, and the host says so (host 26, 34)",
  async (context) => {
    const command = ["timeout", "-s", "KILL", "3", ...served(context, "metadata.yaml")];
    const { answers } = await drive(["-metadata-hangs"], command, ["good/a", "good/b"]);
    for (const { code, message } of answers) {
      assert.not.equal(code, "OK");
      assert.match(message, /terminat/);
    }
  },
);

real(
  "what cannot start fails all checks, and names the reason on stderr (host 25)",
  async ({ folder }) => {
    const command = bridge("--plugin", join(folder.path, "none.wasm"));
    const { answers, stderr } = await drive([], command, ["good/a"]);
    assert.not.equal(answers[0]!.code, "OK");
    assert.not.equal(answers[0]!.code, "FailedPrecondition");
    assert.match(stderr, /\[input\.not-found\]/);
  },
);

test.run();
