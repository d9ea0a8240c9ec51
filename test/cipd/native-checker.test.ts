import * as assert from "uvu/assert";
import type { MetadataProvider, MetadataRequest } from "../../src/capability/metadata-provider.ts";
import type { CipdHost } from "../../src/cipd/cipd-host.ts";
import { type Gate, NativeChecker } from "../../src/cipd/native-checker.ts";
import type { PluginSession } from "../../src/cipd/plugin-server.ts";
import { StatusError } from "../../src/cipd/status.ts";
import type { AdmissionMessage, Handshake } from "../../src/cipd/wire.ts";
import { IID, SHA1_IID } from "../support/cipd-fake-host.ts";
import { failure, nativePlugin, pin, withCipdHost } from "../support/cipd-native.ts";
import { suite } from "../support/suite.ts";

// "(host N)" in a test's name is the number of a behaviour of CIPD's own host; see README.md.

const test = suite("NativeChecker", 60_000);

test("a plugin admits, denies with its words, and fails with its code (host 10)", () =>
  withCipdHost(async ({ launch }) => {
    const plugin = launch();
    assert.equal(await plugin.checkAdmission(pin("good/a")), { admitted: true, reasons: [] });
    assert.equal(await plugin.checkAdmission(pin("bad/a")), {
      admitted: false,
      message: '"bad/a" is bad',
      reasons: [],
    });
    const error = await failure(plugin.checkAdmission(pin("odd/a")));
    assert.is(error.code, "cipd.check-failed");
    assert.equal(error.details, { grpcCode: 7 });
  }));

test("a thousand checks at once are answered (host 15)", () =>
  withCipdHost(async ({ launch }) => {
    const plugin = launch();
    const names = Array.from({ length: 1_000 }, (_, n) => `${n % 2 ? "good" : "bad"}/${n}`);
    const decisions = await Promise.all(names.map((name) => plugin.checkAdmission(pin(name))));
    assert.is(decisions.filter(({ admitted }) => admitted).length, 500);
  }));

test("there is no such program, it crashes at start, it never connects (host 1, 5, 21, 23, 25)", () =>
  withCipdHost(async ({ cipd, launch }) => {
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

test("times that no timer can hold are refused", () =>
  withCipdHost(({ launch }) => {
    for (const name of ["connectTimeoutMs", "closeTimeoutMs", "exitGraceMs"]) {
      for (const ms of [Infinity, 2 ** 31, 0, -1, 1.5, NaN]) {
        assert.throws(() => launch("good", { [name]: ms }), new RegExp(`${name} is ${ms}, wanted`));
      }
    }
    return Promise.resolve();
  }));

test("a ticket that is not known lets nobody in", () =>
  withCipdHost(async ({ launch }) => {
    const plugin = launch("wrong-ticket", { connectTimeoutMs: 1_500 });
    assert.is((await failure(plugin.checkAdmission(pin("good/a")))).code, "cipd.plugin-failed");
  }));

test("another version of the protocol rejects all checks (host 24)", () =>
  withCipdHost(async ({ launch }) => {
    const plugin = launch("wrong-version");
    const { code, message } = await failure(plugin.checkAdmission(pin("good/a")));
    assert.is(code, "cipd.plugin-failed");
    assert.match(message, /unknown protocol version 2: expecting 1/);
  }));

test("a second ListAdmissions is refused, and the first goes on", () =>
  withCipdHost(async ({ launch, lines }) => {
    const plugin = launch("twice");
    assert.ok((await plugin.checkAdmission(pin("good/a"))).admitted);
    const refused = "second: 9 already called ListAdmissions";
    assert.ok(lines.some(({ message }) => message === refused));
  }));

test("a crash keeps what was answered and rejects the rest, at once (host 6, 26, 34)", () =>
  withCipdHost(async ({ launch }) => {
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

test("a plugin that leaves is waited for a moment, so that its end can be told (host 34)", () =>
  withCipdHost(async ({ launch }) => {
    // It ends 200 ms behind its stream; a machine that is busy makes more of them.
    const ending = launch("leaves-and-ends", { exitGraceMs: 30_000 });
    const ended = await failure(ending.checkAdmission(pin("mute/a")));
    assert.match(ended.message, /it ended: exit code 7/);
    const staying = launch("leaves");
    const left = await failure(staying.checkAdmission(pin("mute/a")));
    assert.match(left.message, /it has left/);
  }));

test("a plugin hears of each pin by another name, which says nothing of it (host 29)", async () => {
  const questions: AdmissionMessage[] = [];
  const other = { package: "question/a", instanceId: SHA1_IID };
  for (const serviceUrl of ["https://one.example", "https://two.example"]) {
    await withCipdHost(
      async ({ launch }) => {
        for (const plugin of [launch(), launch()]) {
          const pins = [pin("question/a"), pin("question/b"), other];
          const promises = pins.map((one) => plugin.checkAdmission(one));
          assert.is(new Set(promises).size, 3);
          for (const { message } of await Promise.all(promises)) {
            questions.push(JSON.parse(message!));
          }
        }
      },
      undefined,
      serviceUrl,
    );
  }
  const told = questions.map(({ serviceUrl, package: name, instance }) =>
    [serviceUrl, name, instance!.hashAlgo].join(" ")
  );
  const one = ["https://one.example question/a 2", "https://one.example question/b 2"];
  assert.equal(told.slice(0, 3), [...one, "https://one.example question/a 1"]);
  assert.is(new Set(told).size, 6);
  // Not even the same pin has the same one, in another plugin: it cannot be reckoned from the pin.
  const ids = questions.map(({ admissionId }) => admissionId);
  assert.is(new Set(ids).size, 12);
  // 122 bits of chance.
  for (const id of ids) {
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-/);
  }
});

/** A gate that hands over what it lets in, and hears what it shall forget. */
function handGate() {
  const forgotten: Handshake[] = [];
  const handshake = { port: 1, ticket: "x" };
  let enter!: (session: PluginSession) => void;
  const session = new Promise<PluginSession>((resolve) => enter = resolve);
  const gate: Gate = {
    admit: (one) => {
      enter(one);
      return Promise.resolve(handshake);
    },
    forget: (one) => void forgotten.push(one),
  };
  return { gate, session, handshake, forgotten };
}

/** A checker of a plugin whose side of the stream is `write`. */
async function connected(write: (question: AdmissionMessage) => void) {
  const hand = handGate();
  const failures: string[] = [];
  const checker = new NativeChecker({
    command: nativePlugin("never-connects"),
    server: () => Promise.resolve(hand.gate),
    serviceUrl: "https://example.com",
    repository: undefined,
    onLog: () => {},
  });
  const started = checker.start(({ message }) => failures.push(message));
  const session = await hand.session;
  const stream = { write, end: () => {} };
  session.listAdmissions({ protocolVersion: 1, pluginVersion: "" }, stream);
  await started;
  return { ...hand, checker, session, failures };
}

test("its ticket is forgotten when it is closed, and when it has failed", async () => {
  const closed = await connected(() => {});
  assert.equal(closed.forgotten, []);
  await closed.checker.close();
  assert.equal(closed.forgotten, [closed.handshake]);

  const left = await connected(() => {});
  (await left.session).disconnected();
  await left.checker.close();
  assert.ok(left.forgotten.length > 0);
});

test("a million pins may wait, and no more (host 32)", async () => {
  const asked: string[] = [];
  // Of SHA-1, which is read in a third of the time.
  const waits = { package: "a", instanceId: SHA1_IID };
  const { checker, session } = await connected(({ admissionId }) => asked.push(admissionId));
  try {
    const first = checker.check(waits);
    for (let n = 1; n < 1_000_000; n++) void checker.check(waits);
    const { code, message } = await failure((async () => await checker.check(waits))());
    assert.is(code, "cipd.check-failed");
    assert.match(message, /More than 1000000 pins wait/);
    assert.is(new Set(asked).size, 1_000_000);
    // An answer makes room for one.
    session.resolveAdmission({ admissionId: asked[0]!, status: null });
    assert.ok((await first).admitted);
    void checker.check(waits);
    assert.is(asked.length, 1_000_001);
  } finally {
    await checker.close();
  }
});

test("lines of the log come in their order, with their levels; what it prints is one, too (host 7)", () =>
  withCipdHost(async ({ launch, lines }) => {
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
    assert.is(lines[0]!.plugin, nativePlugin()[0]!.split("/").at(-1));
  }));

test("a closed host starts nothing, and an empty command is refused (host 35)", async () => {
  let host!: CipdHost;
  await withCipdHost(({ cipd }) => {
    host = cipd;
    assert.throws(() => cipd.newAdmissionPlugin({ command: [] }), /the command is empty/);
    return Promise.resolve();
  });
  assert.throws(
    () => host.newAdmissionPlugin({ command: nativePlugin() }),
    /the CIPD host is closed/,
  );
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
  await withCipdHost(async ({ launch }) => {
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
  await withCipdHost(async ({ launch }) => {
    const error = await failure(launch().checkAdmission(pin("meta/a")));
    assert.match(error.message, /no metadata for you/);
    assert.equal(error.details, { grpcCode: 7 });
  }, { list });
  await withCipdHost(async ({ launch }) => {
    const error = await failure(launch().checkAdmission(pin("meta/a")));
    assert.equal(error.details, { grpcCode: 12 });
  });
});

test.run();
