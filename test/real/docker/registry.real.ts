import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as assert from "uvu/assert";
import { findPlugin, type FoundPlugin } from "../../../src/docker/discovery.ts";
import { PluginClient } from "../../../src/docker/plugin-client.ts";
import { scanPlugins } from "../../../src/docker/scan.ts";
import { tlsOf } from "../../../src/docker/tls-files.ts";
import { isJsonObject, type JsonValue } from "../../../src/json.ts";
import { PluginError } from "../../../src/plugin-error.ts";
import { startPlugin, startRaw, type TestPlugin } from "../../support/docker-plugin.ts";
import { makeFolder } from "../../support/folder.ts";
import { leaveOut } from "../../support/optional.ts";
import { projectPath } from "../../support/paths.ts";
import { suite } from "../../support/suite.ts";
import { type Random, xorshift } from "../pod-security/random-pod.ts";
import {
  askCalls,
  askFolders,
  type DockerFound,
  type DockerOutcome,
  ORACLE,
} from "./registry-oracle.ts";

const TITLE = "registry and client beside Docker's own";
const test = suite(TITLE);

const missing = await ORACLE.build();
if (missing !== undefined) leaveOut(TITLE, missing);

function real(name: string, run: () => Promise<void>): void {
  if (missing === undefined) test(name, run);
}

/** What we find, in Docker's words. */
async function find(name: string, sockets: string, specs: readonly string[]): Promise<DockerFound> {
  let found: FoundPlugin;
  try {
    found = await findPlugin(name, { sockets: [sockets], specs }, false);
  } catch (error) {
    const { code } = PluginError.from(error);
    return code === "registry.not-found" ? { notFound: true } : { failed: true };
  }
  const { address } = found;
  // Docker says so of sockets as well, where there is nothing to look at.
  const skipVerify = found.kind === "socket" || !(await tlsOf(found, "as-docker")).verify;
  const { caFile, certFile, keyFile } = (found.kind === "json" && found.spec.tls) || {};
  return {
    ...(address === "" ? {} : { address }),
    ...(caFile === undefined ? {} : { caFile }),
    ...(certFile === undefined ? {} : { certFile }),
    ...(keyFile === undefined ? {} : { keyFile }),
    ...(skipVerify ? { skipVerify } : {}),
  };
}

const file = (name: string) => projectPath("test", "fixture", "tls", name);
const CA = { CAFile: file("ca.pem") };
const OWN = { CertFile: file("client.pem"), KeyFile: file("client.key") };

const SPECS = [
  "tcp://127.0.0.1:1",
  " \n\tunix:///run/a b.sock\u0085\u00a0\r\n",
  "unix://var/run/a.sock",
  "localhost:8080",
  "127.0.0.1:8080",
  "tcp://a\nb:1",
  "\ufefftcp://a:1",
  "",
  "no address",
];

const JSONS = [
  { Addr: "https://127.0.0.1:1" },
  { Name: "other", Addr: "https://a", TLSConfig: { ...CA, ...OWN } },
  { addr: "https://a", tlsconfig: { cafile: CA.CAFile } },
  { Addr: "https://a", TLSConfig: {} },
  { Addr: "https://a", TLSConfig: OWN },
  { Addr: "https://a", TLSConfig: null },
  { Addr: null, TLSConfig: { ...CA, InsecureSkipVerify: true } },
  { Addr: 7 },
  { TLSConfig: "none" },
  null,
  [],
].map((value) => JSON.stringify(value));

/** Whole texts of `.json` files. */
const JSON_TEXTS = [...JSONS, `${JSONS[0]} trailing`, "{", "", "\ufeff{}"];

/** A world of folders, by a number; everything in it has one of three names. */
async function makeWorld(folder: string, random: Random): Promise<TestPlugin[]> {
  const servers: TestPlugin[] = [];
  const pick = <T>(of: readonly T[]): T => of[random(of.length)]!;
  for (let n = random(9); n > 0; n--) {
    const name = pick(["a", "b.c", "d"]);
    const dir = join(
      folder,
      pick(["run", "etc", "lib"]),
      ...pick([[], [], [name], [pick(["a", "x"])]]),
    );
    const ending = pick([".sock", ".spec", ".spec", ".json", ".json", ".txt", "", ".sock.spec"]);
    const path = join(dir, `${name}${ending}`);
    await mkdir(dir, { recursive: true }).catch(() => {});
    const link = random(8) === 0;
    const target = link ? join(folder, `target${n}`) : path;
    try {
      if (link) await symlink(pick([target, join(folder, "nowhere")]), path);
      const kind = random(10);
      if (kind === 0) await mkdir(target);
      else if (kind < 5 && ending === ".sock") servers.push(await startRaw(target, () => {}));
      else await write(target, ending === ".json" ? pick(JSON_TEXTS) : pick(SPECS));
    } catch (error) {
      // Something stands there already.
      if (!/EEXIST|ENOTDIR|EADDRINUSE|EISDIR/.test((error as { code?: string }).code ?? "")) {
        throw error;
      }
    }
  }
  return servers;
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text, { flag: "wx" });
}

real("300 made-up folders: the same names are listed, the same plugins found", async () => {
  const random = xorshift(20_391);
  const seen = new Map<string, number>();
  for (let world = 0; world < 300; world++) {
    const folder = await makeFolder();
    const servers = await makeWorld(folder.path, random);
    const sockets = join(folder.path, "run");
    const specs = [join(folder.path, "etc"), join(folder.path, "lib")];
    const names = ["a", "b.c", "d", "x", "b", "a.sock", "none"];
    const docker = await askFolders({ sockets, specs }, names);
    const scanned = await scanPlugins({ sockets: [sockets], specs }, false).catch(() => undefined);
    assert.is(scanned === undefined, docker.scanFailed, `world ${world}`);
    // Docker lists a name as often as it is there.
    if (scanned !== undefined) {
      assert.equal(scanned, [...new Set(docker.scanned)], `world ${world}: ${folder.path}`);
    }
    for (const name of names) {
      const ours = await find(name, sockets, specs);
      assert.equal(ours, docker.found[name], `world ${world}, "${name}": ${folder.path}`);
      const kind = Object.keys(ours).join();
      seen.set(kind, (seen.get(kind) ?? 0) + 1);
    }
    await Promise.all(servers.map((server) => server.close()));
    await folder.remove();
  }
  // All that may come of it came of it.
  for (const kind of ["notFound", "failed", "address,skipVerify", "address,caFile", "address"]) {
    assert.ok((seen.get(kind) ?? 0) >= 5, `${kind}: ${seen.get(kind)} times`);
  }
});

/** An address that a plugin could have. */
const PLAUSIBLE = /^(?:tcp|https?|unix):\/\/[\w.-]*(?::\d+)?(?:\/[\w./ -]*)?$/;

real(
  "2,000 made-up addresses: none is taken that Docker does not take, and none refused that could be one",
  async () => {
    const folder = await makeFolder();
    const random = xorshift(77_013);
    const pick = (of: readonly string[]) => of[random(of.length)]!;
    const schemes = ["", "tcp://", "http://", "https://", "unix://", "a:"];
    const pieces = [
      ..."a 1 9z é + - . _ ~ : :: / // ? % %41 %zz %2 @ [ ] [::1] [fe80::1%25a] localhost :8080 :80x"
        .split(" "),
      ...["://", "/run/a b.sock", " ", "\t", "\n", "\u0001", '"', "<", "|", "^", "\\"],
    ];
    const texts = Array.from(
      { length: 2_000 },
      () => pick(schemes) + Array.from({ length: random(4) }, () => pick(pieces)).join(""),
    );
    await folder.write(Object.fromEntries(texts.map((text, n) => [`p${n}.spec`, text])));
    const names = texts.map((_, n) => `p${n}`);
    const docker = await askFolders({ sockets: folder.path, specs: [folder.path] }, names);
    let same = 0;
    for (const [n, name] of names.entries()) {
      const ours = await find(name, folder.path, [folder.path]);
      const isStricter = ours.failed && !PLAUSIBLE.test(docker.found[name]!.address ?? "");
      if (!isStricter) assert.equal(ours, docker.found[name], JSON.stringify(texts[n]));
      if (ours.address !== undefined) same++;
    }
    assert.ok(same > 300, `${same} were addresses`);
    await folder.remove();
  },
);

/** Answers, by the method that gets them. */
const ANSWERS: readonly (readonly [status: number, body: string])[] = [
  [200, '{"Mountpoint":"/srv/a"}\n'],
  [200, '{"mountpoint":"/srv/a","ERR":"in any case"}'],
  [200, '{"Mountpoint":"/a"}{"Mountpoint":"/b"} rest'],
  [200, '{"Volume":{"name":"a","STATUS":{"Keys":1,"as":"they are"}},"unknown":[1]}'],
  [200, '{"Volumes":[{"NAME":"a"},{"Name":"b","Mountpoint":null}]}'],
  [200, '{"Mountpoint":null}'],
  [200, '{"Mountpoint":"\\u00e9\\ud83d\\ude00<&>"}'],
  [200, "null"],
  [200, ' \t\r\n{ "Mountpoint" : "x" }'],
  [200, ""],
  [200, "  "],
  [200, "{"],
  [200, '{"Mountpoint":"/srv'],
  [200, "<html>"],
  [200, "\ufeff{}"],
  [200, "{'Mountpoint':1}"],
  [200, '{"Mountpoint":"a",}'],
  [201, "{}"],
  [204, ""],
  [400, '{"Err":"wrong"}'],
  [400, '{"err":"wrong"} trailing'],
  [404, "404 page not found\n"],
  [404, '{"Err":"no such volume"}'],
  [500, '{"ERR":"a","err":"b"}'],
  [500, '{"Err":null,"Error":"x"}'],
  [500, '{"Err":["x"]}'],
  [500, '["Err"]'],
  [500, "text\nof lines"],
  [503, '"Err"'],
];

real("what comes of answers is the same: values, errors and what is not found", async () => {
  const folder = await makeFolder();
  const path = join(folder.path, "p.sock");
  await using plugin = await startPlugin(path, ({ url }, response) => {
    const [status, body] = ANSWERS[Number(url.split(".A")[1])]!;
    response.writeHead(status).end(body);
  });
  const methods = ANSWERS.map((_, n) => `VolumeDriver.A${n}`);
  const docker = await askCalls(plugin.address, methods, { Name: "é<&>", Opts: { a: "b" } });
  const sent = plugin.received[0]!;
  await using client = new PluginClient(plugin.address);
  for (const [n, method] of methods.entries()) {
    const ours = await outcomeOf(client, method);
    // Docker leaves the rest of the line empty.
    const wanted = ANSWERS[n]![0] === 204
      ? { error: `${method}: the plugin answered with the status 204, without a word` }
      : inOneLine(docker[method]!);
    assert.equal(ours, wanted, `${ANSWERS[n]}`);
  }
  const own = plugin.received[methods.length]!;
  assert.equal(JSON.parse(own.body), JSON.parse(sent.body));
  assert.ok(own.body.endsWith("}\n") && sent.body.endsWith("}\n"));
  const { "user-agent": _agent, "content-length": _length, connection: _kept, ...headers } =
    own.headers;
  const { "user-agent": _theirs, "content-length": _its, "accept-encoding": _coding, ...wanted } =
    sent.headers;
  assert.equal(headers, wanted);
  await folder.remove();
});

real("Docker's client tries again with nothing, ours with the same body", async () => {
  const folder = await makeFolder();
  const bodies = async (call: (address: string) => Promise<unknown>) => {
    const path = join(folder.path, "p.sock");
    await using plugin = await startPlugin(path, (_request, response, count) => {
      if (count === 1) response.destroy();
      else response.end("{}");
    });
    await call(plugin.address);
    return plugin.received.map(({ body }) => body.trim());
  };
  const body = { Name: "a" };
  const docker = await bodies((address) => askCalls(address, ["VolumeDriver.Create"], body));
  assert.equal(docker, ['{"Name":"a"}', ""]);
  const ours = await bodies(async (address) => {
    await using client = new PluginClient(address);
    await client.call("VolumeDriver.Create", body);
  });
  assert.equal(ours, ['{"Name":"a"}', '{"Name":"a"}']);
  await folder.remove();
});

/** Docker hands on a plugin's words with all their lines. */
function inOneLine(outcome: DockerOutcome): DockerOutcome {
  if (outcome.error === undefined) return outcome;
  return { ...outcome, error: outcome.error.trim().replaceAll("\n", "\\n") };
}

async function outcomeOf(client: PluginClient, method: string): Promise<DockerOutcome> {
  try {
    const value = await client.call(method, { Name: "é<&>", Opts: { a: "b" } });
    return { answer: answerOf(value) };
  } catch (error) {
    const { code, message, details } = PluginError.from(error);
    if (code === "docker.answer-invalid") return { error: "decoding" };
    return { error: message, ...(details["status"] === 404 ? { notFound: true } : {}) };
  }
}

/** The fields that the program reads, as Go has them where they are missing. */
function answerOf(value: JsonValue): unknown {
  const { Err, Mountpoint, Volume, Volumes } = isJsonObject(value) ? value : {} as never;
  const volume = (one: JsonValue | undefined) => {
    if (!isJsonObject(one)) return null;
    const { Name, Mountpoint, Status } = one;
    return { Name: Name ?? "", Mountpoint: Mountpoint ?? "", Status: Status ?? null };
  };
  return {
    Err: Err ?? "",
    Mountpoint: Mountpoint ?? "",
    Volume: volume(Volume),
    Volumes: Array.isArray(Volumes) ? Volumes.map(volume) : null,
  };
}

test.run();
