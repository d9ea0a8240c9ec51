import { createServer, type Server, type Socket } from "node:net";
import { Server as GrpcServer, ServerCredentials, type ServerWritableStream } from "@grpc/grpc-js";
import * as assert from "uvu/assert";
import { objectRefOf } from "../../src/cipd/pin.ts";
import { definitionOf } from "../../src/cipd/rpc.ts";
import { CODE, StatusError } from "../../src/cipd/status.ts";
import { LIST_ADMISSIONS, LOG, RESOLVE_ADMISSION } from "../../src/cipd/wire.ts";
import { VERSION } from "../../src/version.ts";
import { withinTime } from "../../src/within-time.ts";
import {
  FakeHost,
  type FakeHostOptions,
  IID,
  type RunningBridge,
  SHA1_IID,
  startBridge,
} from "../support/cipd-fake-host.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { answering, bundleOf } from "../support/guest.ts";
import { suite } from "../support/suite.ts";

const test = suite<{ folder: TestFolder }>("serveCipd()");

const PINS = { implements: [{ contract: "admission", version: 1, kinds: ["cipd.pin"] }] };
const ALLOW = '{"allowed":true,"reasons":[]}';
const DENY = JSON.stringify({
  allowed: false,
  reasons: [
    { rule: "prefix", severity: "error", message: "only infra/ is allowed" },
    { rule: "hint", severity: "info", message: "ask the owners" },
    { rule: "pinned", severity: "error", message: "wants a pin" },
  ],
});
const LOOP = `(module (memory (export "memory") 1)
  (func (export "admission_check") (result i32) (loop $l (br $l)) (i32.const 0)))`;
const TRAP = `(module (memory (export "memory") 1)
  (func (export "admission_check") (result i32) unreachable))`;

test.before(async (context) => {
  context.folder = await makeFolder();
  await context.folder.write({
    "allow.wasm": bundleOf(answering(ALLOW), { name: "allow", ...PINS }),
    "deny.wasm": bundleOf(answering(DENY), { name: "deny", ...PINS }),
    "loop.wasm": bundleOf(LOOP, { name: "loop", ...PINS, limits: { fuel: 10_000 } }),
    "trap.wasm": bundleOf(TRAP, { name: "trap", ...PINS }),
    "garbage.wasm": bundleOf(answering("no verdict"), { name: "garbage", ...PINS }),
    "json.wasm": bundleOf(answering(ALLOW), { name: "json" }),
  });
});

test.after(({ folder }) => folder.remove());

/** A bridge and its host; both are gone behind it. */
async function withBridge(
  { path }: TestFolder,
  plugins: readonly string[],
  use: (host: FakeHost, bridge: RunningBridge) => Promise<void>,
  options: FakeHostOptions & { env?: Record<string, string> } = {},
): Promise<void> {
  const host = new FakeHost(options);
  const flags = plugins.flatMap((name) => ["--plugin", `${path}/${name}.wasm`]);
  const line = `${JSON.stringify(await host.handshake())}\n`;
  const bridge = startBridge(flags, line, options.env);
  const work = use(host, bridge);
  // Who still waits for a bridge that has left would wait for ever.
  const left = bridge.ended.then(async () => {
    if (await withinTime(10_000, work.then(() => "done")) !== undefined) return;
    throw new Error("the bridge has left, and the test still waits for it");
  });
  try {
    await Promise.race([work, left.then(() => work)]);
  } finally {
    bridge.child.kill("SIGKILL");
    await bridge.ended;
    host.close();
  }
}

test("it says who it is, admits what the plugin allows, and prints nothing", async ({ folder }) => {
  await withBridge(folder, ["allow"], async (host, bridge) => {
    for (const iid of [IID, SHA1_IID]) {
      const { status } = await host.ask("infra/tools/x", objectRefOf(iid));
      assert.is(status, null);
    }
    assert.equal(host.requests, [
      { protocolVersion: 1, pluginVersion: `cofferdam ${VERSION}` },
    ]);
    bridge.child.stdin!.end();
    assert.equal(await bridge.ended, { code: 0, stdout: "", stderr: "" });
  });
});

test("a denial is FAILED_PRECONDITION with the reasons that deny", async ({ folder }) => {
  await withBridge(folder, ["allow", "deny"], async (host) => {
    const { status } = await host.ask("evil/x", objectRefOf(IID));
    assert.equal(status, {
      code: 9,
      message: "only infra/ is allowed [prefix]; wants a pin [pinned]",
    });
  });
});

for (
  const [plugin, code, words] of [
    ["trap", 13, /unreachable \[sandbox\.trap\]$/],
    ["loop", 8, /used up its fuel of 10000 units \[sandbox\.fuel\]$/],
    ["garbage", 13, /\[contract\.output-invalid\]$/],
  ] as const
) {
  test(`what goes wrong in a plugin blocks, and is no denial: ${plugin}`, async ({ folder }) => {
    await withBridge(folder, [plugin], async (host) => {
      const { status } = await host.ask("infra/x", objectRefOf(IID));
      assert.is(status!.code, code);
      assert.match(status!.message, words);
      // The next one is asked all the same.
      assert.is((await host.ask("infra/y", objectRefOf(IID))).status!.code, code);
    });
  });
}

test("a malformed pin is INVALID_ARGUMENT, and harms no other", async ({ folder }) => {
  await withBridge(folder, ["allow"], async (host) => {
    const good = objectRefOf(IID);
    const cases: [string, { hashAlgo: number; hexDigest: string } | null, RegExp][] = [
      ["infra/x", null, /hash algorithm has the number 0/],
      ["infra/x", { ...good, hashAlgo: 0 }, /number 0/],
      ["infra/x", { ...good, hashAlgo: 3 }, /number 3, which is not known/],
      ["infra/x", { ...good, hashAlgo: -1 }, /number -1/],
      ["infra/x", { ...good, hashAlgo: 1 }, /is no SHA1/],
      ["infra/x", { hashAlgo: 2, hexDigest: good.hexDigest.toUpperCase() }, /is no SHA256/],
      ["infra/x", { hashAlgo: 2, hexDigest: "" }, /"" is no SHA256/],
      ["../x", good, /"\.\.\/x" is no package name/],
      ["", good, /"" is no package name/],
      ["x".repeat(100_000), { hashAlgo: 9, hexDigest: "" }, /number 9/],
    ];
    for (const [name, ref, words] of cases) {
      const { status } = await host.ask(name, ref);
      assert.is(status!.code, 3, String(words));
      assert.match(status!.message, words);
    }
    assert.is((await host.ask("infra/x", good)).status, null);
  });
});

test("pins are judged at once, in any number", async ({ folder }) => {
  await withBridge(folder, ["allow"], async (host) => {
    const ref = objectRefOf(IID);
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, (_, n) => host.ask(`infra/${n}`, ref)),
    );
    assert.ok(answers.every(({ status }) => status === null));
    assert.is(new Set(answers.map(({ admissionId }) => admissionId)).size, 1_000);
  });
});

for (
  const [end, code] of [["OK", 0], ["CANCELLED", 1], ["ABORTED", 10], ["UNAVAILABLE", 14]] as const
) {
  test(`it leaves with 0 where the host ends the stream by ${end}`, async ({ folder }) => {
    await withBridge(folder, ["allow"], async (host, bridge) => {
      (await host.connected).end({ code, message: "terminating" });
      assert.equal(await bridge.ended, { code: 0, stdout: "", stderr: "" });
      assert.is(host.requests.length, 1);
    });
  });
}

test("it leaves with 0 where the host is suddenly gone", async ({ folder }) => {
  await withBridge(folder, ["allow"], async (host, bridge) => {
    await host.connected;
    host.close();
    assert.is((await bridge.ended).code, 0);
  });
});

test("it leaves with 2 where the host speaks another version, or does not know the ticket", async ({ folder }) => {
  const otherVersion = () => {
    throw new StatusError(CODE.failedPrecondition, "unknown protocol version 1: expecting 2");
  };
  await withBridge(folder, ["allow"], async (_, bridge) => {
    const { code, stdout, stderr } = await bridge.ended;
    assert.equal([code, stdout], [2, ""]);
    assert.match(
      stderr,
      /unknown protocol version 1: expecting 2 \(gRPC code 9\).*\[cipd\.host-lost\]/,
    );
  }, { listAdmissions: otherVersion });

  const host = new FakeHost();
  const { port } = await host.handshake();
  const args = ["--plugin", `${folder.path}/allow.wasm`];
  const { ended } = startBridge(args, `${JSON.stringify({ port, ticket: "another" })}\n`);
  const { code, stderr } = await ended;
  host.close();
  assert.is(code, 2);
  assert.match(stderr, /the ticket is not known \(gRPC code 7\).*\[cipd\.host-lost\]/);
});

test("it leaves with 2 where there is no handshake, or half of one", async ({ folder }) => {
  const args = ["--plugin", `${folder.path}/allow.wasm`];
  const texts = [
    "",
    '{"port":1,"ticket":"x"',
    "\n",
    "hello\n",
    "[]\n",
    '{"port":"1","ticket":"x"}\n',
    '{"port":0,"ticket":"x"}\n',
    '{"port":70000,"ticket":"x"}\n',
    '{"port":1,"ticket":""}\n',
    '{"port":1,"ticket":"line\\nfeed"}\n',
    `{"port":1,"ticket":"${"x".repeat(10_000)}"}\n`,
  ];
  await Promise.all(texts.map(async (text) => {
    const { child, ended } = startBridge(args, text);
    child.stdin!.end();
    const { code, stdout, stderr } = await ended;
    assert.equal([code, stdout], [2, ""], text.slice(0, 50));
    assert.match(stderr, /did not begin with a handshake.*\[cipd\.handshake-invalid\]/);
  }));
});

/** A server on 127.0.0.1 that does `answer` with each connection. */
async function listen(answer: (socket: Socket) => void): Promise<[Server, number]> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    answer(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return [server, (server.address() as { port: number }).port];
}

test("a port that nobody listens on, or that does not speak gRPC, ends it when standard input ends", async ({ folder }) => {
  const [server, port] = await listen((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  const [silent, silentPort] = await listen(() => {});
  const [unused, unusedPort] = await listen(() => {});
  unused.close();
  for (const one of [port, silentPort, unusedPort]) {
    const line = `${JSON.stringify({ port: one, ticket: "x" })}\n`;
    const { child, ended } = startBridge(["--plugin", `${folder.path}/allow.wasm`], line);
    setTimeout(() => child.stdin!.end(), 1_000);
    const { stdout } = await ended;
    assert.is(stdout, "");
  }
  server.close();
  silent.close();
});

test("a host that asks and then answers no call is left when standard input ends", async ({ folder }) => {
  const server = new GrpcServer();
  let taken!: () => void;
  const heard = new Promise<void>((resolve) => taken = resolve);
  const question = {
    admissionId: "1",
    serviceUrl: "https://example.com",
    package: "infra/x",
    instance: objectRefOf(IID),
  };
  server.addService({
    list: definitionOf(LIST_ADMISSIONS),
    resolve: definitionOf(RESOLVE_ADMISSION),
    log: definitionOf(LOG),
  }, {
    list: (call: ServerWritableStream<unknown, unknown>) => call.write(question),
    resolve: () => taken(),
    log: () => {},
  });
  const port = await new Promise<number>((resolve) =>
    server.bindAsync(
      "127.0.0.1:0",
      ServerCredentials.createInsecure(),
      (_, bound) => resolve(bound),
    )
  );
  const line = `${JSON.stringify({ port, ticket: "x" })}\n`;
  const { child, ended } = startBridge(["--plugin", `${folder.path}/allow.wasm`], line);
  try {
    await Promise.race([heard, ended]);
    child.stdin!.end();
    assert.equal(await ended, { code: 0, stdout: "", stderr: "" });
  } finally {
    child.kill("SIGKILL");
    server.forceShutdown();
  }
});

test("a proxy in the environment does not stand between it and its host", async ({ folder }) => {
  const proxy = "http://127.0.0.1:1";
  const env = { http_proxy: proxy, HTTP_PROXY: proxy, https_proxy: proxy, grpc_proxy: proxy };
  await withBridge(folder, ["allow"], async (host) => {
    assert.is((await host.ask("infra/x", objectRefOf(IID))).status, null);
  }, { env });
});

test("a plugin that does not judge pins, or does not load, ends it with 2", async ({ folder }) => {
  for (
    const [name, words] of [["json", /registry\.not-implements/], [
      "none",
      /input\.not-found/,
    ]] as const
  ) {
    await withBridge(folder, [name], async (_, bridge) => {
      const { code, stdout, stderr } = await bridge.ended;
      assert.equal([code, stdout], [2, ""]);
      assert.match(stderr, words);
    });
  }
});

test("a signal ends it", async ({ folder }) => {
  await withBridge(folder, ["allow"], async (host, bridge) => {
    await host.connected;
    bridge.child.kill("SIGTERM");
    assert.is((await bridge.ended).stdout, "");
  });
});

test.run();
