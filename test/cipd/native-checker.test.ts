import process from "node:process";
import * as assert from "uvu/assert";
import type { MetadataProvider, MetadataRequest } from "../../src/capability/metadata-provider.ts";
import type { AdmissionPlugin } from "../../src/cipd/admission-plugin.ts";
import { CipdHost } from "../../src/cipd/cipd-host.ts";
import type { CipdLogLine, CommandSource } from "../../src/cipd/native-checker.ts";
import { StatusError } from "../../src/cipd/status.ts";
import { createHost } from "../../src/host/host.ts";
import { IID } from "../support/cipd-fake-host.ts";
import { projectPath } from "../support/paths.ts";
import { suite } from "../support/suite.ts";

// "(host N)" in a test's name is the number of a behaviour of CIPD's own host; see README.md.

const test = suite("NativeChecker");

/** The command of a plugin of ours that does what `mode` says. */
function command(mode = "good"): string[] {
  const name = "cipd-native-plugin";
  return "Deno" in globalThis
    ? [
      process.execPath,
      "run",
      "-A",
      "--no-check",
      projectPath("test", "support", `${name}.ts`),
      mode,
    ]
    : [process.execPath, projectPath("build", "test", "support", `${name}.js`), mode];
}

const pin = (name: string) => ({ package: name, instanceId: IID });

const failure = (promise: Promise<unknown>): Promise<{ code: string; message: string }> =>
  promise.then(() => assert.unreachable(), (error) => error);

interface Fixture {
  readonly cipd: CipdHost;
  readonly lines: CipdLogLine[];
  launch(mode?: string, more?: Partial<CommandSource>): AdmissionPlugin;
}

async function withHost(
  use: (fixture: Fixture) => Promise<void>,
  repository?: MetadataProvider,
): Promise<void> {
  const lines: CipdLogLine[] = [];
  await using host = await createHost();
  await using cipd = new CipdHost({
    host,
    serviceUrl: "https://example.com",
    repository,
    onLog: (line) => lines.push(line),
  });
  const launch: Fixture["launch"] = (mode, more) =>
    cipd.newAdmissionPlugin({ command: command(mode), ...more });
  await use({ cipd, lines, launch });
}

test("a plugin admits, denies with its words, and fails with its code (host 10)", () =>
  withHost(async ({ launch }) => {
    const plugin = launch();
    assert.equal(await plugin.checkAdmission(pin("good/a")), { admitted: true, reasons: [] });
    assert.equal(await plugin.checkAdmission(pin("bad/a")), {
      admitted: false,
      message: '"bad/a" is bad',
      reasons: [],
    });
    const error = await failure(plugin.checkAdmission(pin("odd/a"))) as never as {
      code: string;
      details: unknown;
    };
    assert.is(error.code, "cipd.check-failed");
    assert.equal(error.details, { grpcCode: 7 });
  }));

test("a thousand checks at once are answered (host 15)", () =>
  withHost(async ({ launch }) => {
    const plugin = launch();
    const names = Array.from({ length: 1_000 }, (_, n) => `${n % 2 ? "good" : "bad"}/${n}`);
    const decisions = await Promise.all(names.map((name) => plugin.checkAdmission(pin(name))));
    assert.is(decisions.filter(({ admitted }) => admitted).length, 500);
  }));

test("there is no such program, it crashes at start, it never connects (host 1, 5, 21, 23, 25)", () =>
  withHost(async ({ cipd, launch }) => {
    const none = cipd.newAdmissionPlugin({ command: ["/nowhere/plugin"] });
    assert.match(
      (await failure(none.checkAdmission(pin("good/a")))).message,
      /no program "\/nowhere\/plugin"/,
    );
    const crash = await failure(launch("crash-at-start").checkAdmission(pin("good/a")));
    assert.is(crash.code, "cipd.plugin-failed");
    assert.match(crash.message, /ended before it asked for admissions: exit code 3/);
    const mute = launch("never-connects", { connectTimeoutMs: 1_500 });
    const late = await failure(mute.checkAdmission(pin("good/a")));
    assert.match(late.message, /did not ask for admissions within 1500 ms/);
  }));

test("a ticket that is not known lets nobody in", () =>
  withHost(async ({ launch }) => {
    const plugin = launch("wrong-ticket", { connectTimeoutMs: 1_500 });
    assert.is((await failure(plugin.checkAdmission(pin("good/a")))).code, "cipd.plugin-failed");
  }));

test("another version of the protocol rejects all checks (host 24)", () =>
  withHost(async ({ launch }) => {
    const plugin = launch("wrong-version");
    const { code, message } = await failure(plugin.checkAdmission(pin("good/a")));
    assert.is(code, "cipd.plugin-failed");
    assert.match(message, /unknown protocol version 2: expecting 1/);
  }));

test("a second ListAdmissions is refused, and the first goes on", () =>
  withHost(async ({ launch, lines }) => {
    const plugin = launch("twice");
    assert.ok((await plugin.checkAdmission(pin("good/a"))).admitted);
    assert.is(lines[0]!.message, "second: 9 already called ListAdmissions");
  }));

test("a crash keeps what was answered and rejects the rest, at once (host 6, 26, 34)", () =>
  withHost(async ({ launch }) => {
    const plugin = launch();
    const first = plugin.checkAdmission(pin("good/a"));
    await first;
    const { code, message } = await failure(plugin.checkAdmission(pin("crash/b")));
    assert.is(code, "cipd.plugin-failed");
    assert.match(message, /it ended: exit code 2/);
    assert.is(plugin.checkAdmission(pin("good/a")), first);
    assert.match((await failure(plugin.checkAdmission(pin("good/c")))).message, /exit code 2/);
    await plugin.close();
  }));

test("a plugin that closes the stream and stays is as good as gone (host 34)", () =>
  withHost(async ({ launch }) => {
    const plugin = launch("leaves");
    const { message } = await failure(plugin.checkAdmission(pin("mute/a")));
    assert.match(message, /it has left/);
  }));

test("close() ends it by its standard input, rejects what waits, and kills what is stuck (host 2, 3, 4, 20, 27)", () =>
  withHost(async ({ launch }) => {
    const plugin = launch();
    await plugin.checkAdmission(pin("good/a"));
    const waiting = plugin.checkAdmission(pin("mute/b"));
    const closing = plugin.close();
    assert.is((await failure(waiting)).code, "cipd.closed");
    await closing;

    const stuck = launch("stuck", { closeTimeoutMs: 300 });
    await stuck.checkAdmission(pin("good/a"));
    // Else this would wait for ever.
    await stuck.close();
  }));

test("lines of the log come in their order, with their levels; what it prints is one, too (host 7)", () =>
  withHost(async ({ launch, lines }) => {
    const plugin = launch("logs");
    await plugin.checkAdmission(pin("good/a"));
    await plugin.close();
    const logged = lines.filter(({ message }) => message.endsWith(" line"));
    assert.equal(logged.map(({ level, message }) => [level, message]), [
      ["info", "info line"],
      ["warn", "warning line"],
      ["error", "error line"],
      ["info", "odd line"],
      ["debug", "debug line"],
    ]);
    assert.ok(lines.some(({ message }) => message === "printed"));
    assert.is(lines[0]!.plugin, command()[0]!.split("/").at(-1));
  }));

test("five plugins run at once, and the host's close() ends all of them (host 2, 8)", async () => {
  let plugins: AdmissionPlugin[] = [];
  await withHost(async ({ launch }) => {
    plugins = Array.from({ length: 5 }, () => launch());
    const decisions = plugins.map((plugin) => plugin.checkAdmission(pin("good/a")));
    assert.ok((await Promise.all(decisions)).every(({ admitted }) => admitted));
  });
  for (const plugin of plugins) {
    assert.is((await failure(plugin.checkAdmission(pin("good/b")))).code, "cipd.closed");
  }
});

test("a closed host starts nothing, and an empty command is refused (host 35)", async () => {
  let host!: CipdHost;
  await withHost(({ cipd }) => {
    host = cipd;
    assert.throws(() => cipd.newAdmissionPlugin({ command: [] }), /the command is empty/);
    return Promise.resolve();
  });
  assert.throws(() => host.newAdmissionPlugin({ command: command() }), /the CIPD host is closed/);
});

/** 15 entries, of which a page begins where its token says. */
function pages(requests: MetadataRequest[]): MetadataProvider {
  return {
    list: (request) => {
      requests.push(request);
      const start = Number(request.pageToken?.replace("start-from-", "") ?? 0);
      const end = Math.min(15, start + request.pageSize);
      const entries = Array.from(
        { length: end - start },
        (_, n) => ({ key: "k", value: String(start + n) }),
      );
      return Promise.resolve({ entries, ...(end < 15 && { nextPageToken: `start-from-${end}` }) });
    },
  };
}

test("metadata comes by pages from the repository, in order (host 17)", async () => {
  const requests: MetadataRequest[] = [];
  await withHost(async ({ launch }) => {
    const { message } = await launch().checkAdmission(pin("meta/a"));
    assert.is(message, Array.from({ length: 15 }, (_, n) => n).join());
    assert.equal(requests.map(({ pageToken }) => pageToken), [
      undefined,
      "start-from-7",
      "start-from-14",
    ]);
    for (const { keys, pageSize, service, package: name, instanceId } of requests) {
      assert.equal([keys, pageSize, service, name, instanceId], [
        ["k"],
        7,
        "https://example.com",
        "meta/a",
        IID,
      ]);
    }
  }, pages(requests));
});

test("the repository's refusal reaches the promise with code and words (host 19)", async () => {
  const list = () => Promise.reject(new StatusError(7, "no metadata for you"));
  await withHost(async ({ launch }) => {
    const error = await failure(launch().checkAdmission(pin("meta/a"))) as never as {
      message: string;
      details: unknown;
    };
    assert.match(error.message, /no metadata for you/);
    assert.equal(error.details, { grpcCode: 7 });
  }, { list });
  await withHost(async ({ launch }) => {
    const error = await failure(launch().checkAdmission(pin("meta/a"))) as never as {
      details: unknown;
    };
    assert.equal(error.details, { grpcCode: 12 });
  });
});

test.run();
