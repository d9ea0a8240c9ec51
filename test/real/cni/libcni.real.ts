import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import canonicalize from "canonicalize";
import * as assert from "uvu/assert";
import { CNI_VERSIONS } from "../../../src/contract/cni-result.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../../src/json.ts";
import { makeFolder } from "../../support/folder.ts";
import { leaveOut } from "../../support/optional.ts";
import { suite } from "../../support/suite.ts";
import { type Answer, answerQuestion, askLibcni, type Question } from "./question.ts";
import { buildTools, generationName, GENERATIONS, tool } from "./tools.ts";

// "(cni N)" in a test's name is the number of a behaviour of libcni; see test/cni/README.md.

const test = suite("CniRuntime beside libcni");

const missing = await buildTools();
if (missing !== undefined) leaveOut("CniRuntime beside libcni", missing);

function real(name: string, run: () => Promise<void>): void {
  if (missing === undefined) test(name, run);
}

/** What the noop plugin is told to do. @see cni, plugins/test/noop/debug */
interface Debug {
  readonly ReportResult?: string;
  readonly ReportError?: string;
  readonly ReportErrorCode?: number;
  readonly ReportStderr?: string;
  readonly ReportVersionSupport?: readonly string[];
  readonly ExitWithCode?: number;
}

type Step =
  & Partial<Question>
  & {
    /** Changes configurations before the question. */
    readonly files?: Readonly<Record<string, JsonValue>>;
    /** Changes what plugins do. */
    readonly debug?: Readonly<Record<string, Debug>>;
  };

/** Questions about one network in order. */
interface Scenario {
  readonly files: Readonly<Record<string, JsonValue>>;
  readonly debug: Readonly<Record<string, Debug>>;
  readonly steps: readonly Step[];
}

type Asker = (question: Question) => Promise<Answer>;
const libcni: Asker = (question) => askLibcni(tool("driver"), question);
const own: Asker = (question) => answerQuestion(question);

/** Who answers each step: libcni alone, we alone, and by turns on the same cache. */
const CASTS: Readonly<Record<string, readonly [even: Asker, odd: Asker]>> = {
  "we alone": [own, own],
  "libcni and we by turns": [libcni, own],
  "we and libcni by turns": [own, libcni],
};

/** All that came of a scenario: the answers, how the plugins were called, what the cache has. */
interface Outcome {
  readonly answers: readonly JsonValue[];
  readonly calls: readonly JsonValue[];
  readonly cache: readonly JsonValue[];
}

/** The same folder for all, so that all paths are the same. */
async function play(
  world: string,
  { files, debug, steps }: Scenario,
  [even, odd]: readonly [Asker, Asker],
): Promise<Outcome> {
  await rm(world, { recursive: true, force: true });
  await mkdir(join(world, "net.d"), { recursive: true });
  await writeFile(join(world, "log"), "");
  const prepare = async (changed: Pick<Scenario, "files" | "debug">) => {
    for (const [name, content] of Object.entries(changed.files)) {
      await writeFile(join(world, "net.d", name), JSON.stringify(content).replaceAll("@", world));
    }
    for (const [name, content] of Object.entries(changed.debug)) {
      await writeFile(join(world, name), JSON.stringify(content));
    }
  };
  await prepare({ files, debug });
  const answers: Answer[] = [];
  for (const [n, step] of steps.entries()) {
    await prepare({ files: step.files ?? {}, debug: step.debug ?? {} });
    const ask = n % 2 === 0 ? even : odd;
    const { files: _files, debug: _debug, ...more } = step;
    const question: Question = {
      ...{ verb: "add", confDir: join(world, "net.d"), network: "net", path: [tool("plugins")] },
      ...{ cacheDir: join(world, "cache"), container: CONTAINER },
      ...more,
    };
    answers.push(await ask(question));
  }
  return {
    answers: answers.map(comparable),
    calls: await callsOf(world),
    cache: await cacheOf(world),
  };
}

const CONTAINER = {
  ...{ containerID: "c1", netNS: "/some/netns/path", ifName: "eth0" },
  args: [["IgnoreUnknown", "1"]] as const,
};

/** Of errors, what the plugin said; libcni's own words are its own, and have codes below 10. */
function comparable({ result, error, code = 0, msg = "" }: Answer): JsonValue {
  if (error !== undefined) return code < 10 ? { failed: true } : { failed: true, code, msg };
  const isNothing = result === undefined || result === null ||
    (Array.isArray(result) && result.length === 0);
  return isNothing ? {} : { result: plain(result) };
}

/** libcni writes an empty `dns` into results before 1.0.0. */
function plain(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(plain);
  if (!isJsonObject(value)) return value;
  const members = Object.entries(value).map(([key, member]) => [key, plain(member)] as const);
  const isEmpty = (member: JsonValue) => isJsonObject(member) && Object.keys(member).length === 0;
  return Object.fromEntries(members.filter(([key, member]) => key !== "dns" || !isEmpty(member)));
}

async function callsOf(world: string): Promise<JsonValue[]> {
  const text = await readFile(join(world, "log"), "utf8");
  const entries = JSON.parse(text === "" ? "[]" : text) as {
    Command: string;
    CmdArgs: JsonObject;
  }[];
  return entries.map(({ Command, CmdArgs: { StdinData, ...args } }) => ({
    ...{ Command, args },
    stdin: plain(JSON.parse(atob(StdinData as string))),
  }));
}

async function cacheOf(world: string): Promise<JsonValue[]> {
  const folder = join(world, "cache", "results");
  const names = (await readdir(folder).catch(() => [])).sort();
  return await Promise.all(names.map(async (name) => {
    const { config, ...entry } = JSON.parse(await readFile(join(folder, name), "utf8"));
    return [name, plain({ ...entry, config: atob(config) })];
  }));
}

const noop = (name: string, more: JsonObject = {}): JsonObject => ({
  ...{ type: "noop", debugFile: `@/${name}`, commandLog: "@/log" },
  ...more,
});

const list = (plugins: JsonValue[], more: JsonObject = {}): JsonObject => ({
  ...{ cniVersion: "1.0.0", name: "net" },
  ...more,
  plugins,
});

const THREE = [noop("one"), noop("two"), noop("three")];
const IP = '"ips":[{"address":"10.1.2.3/24","gateway":"10.1.2.1","interface":0}]';
const REST = `"interfaces":[{"name":"eth0","sandbox":"/some/netns/path"}],${IP},
  "routes":[{"dst":"0.0.0.0/0","gw":"10.1.2.1"},{"dst":"fd00::/8"}]`;
const RESULT = `{"cniVersion":"1.0.0",${REST}}`;
const PASS = { ReportResult: "PASSTHROUGH" };
const chain = { one: { ReportResult: RESULT }, two: { ReportResult: "INJECT-DNS" }, three: PASS };
/** Without a result to hand on, noop would fail at it. */
const QUIET = { one: {}, two: {}, three: {} };
const life: Step[] = [
  { verb: "add" },
  { verb: "cached" },
  { verb: "config" },
  { verb: "attachments" },
  { verb: "check" },
  { verb: "del", debug: QUIET },
  { verb: "cached" },
  { verb: "del" },
];

/** Without DEL, to which we hand on how far ADD came, and libcni nothing. */
const begun = life.slice(0, 4);

/** A result in each family's form. */
function resultIn(version: string): string {
  if (version.startsWith("1.")) return `{"cniVersion":"${version}",${REST}}`;
  if (version < "0.3.0") {
    return `{"cniVersion":"${version}","ip4":{"ip":"10.1.2.3/24","gateway":"10.1.2.1",
      "routes":[{"dst":"0.0.0.0/0"}]},"ip6":{"ip":"fd00::3/64"}}`;
  }
  return `{"cniVersion":"${version}",${REST.replace('{"address', '{"version":"4","address')}}`;
}

const capabilities = { portMappings: true, bandwidth: false, mac: true };
const container = {
  ...CONTAINER,
  args: [["K", "V"], ["L", "a b"]] as const,
  capabilityArgs: { portMappings: [{ hostPort: 80, containerPort: 8080 }], bandwidth: { rate: 1 } },
};
const valid = [{ containerID: "c1", ifname: "eth0" }];
const newest = { cniVersion: "1.1.0" };
const other = { ...CONTAINER, containerID: "c2" };

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  "a chain's whole life (cni 19, 21, 22)": {
    files: { "net.conflist": list(THREE) },
    debug: chain,
    steps: life,
  },
  "capabilities and arguments (cni 18, 27)": {
    files: {
      "net.conflist": list([
        noop("one", { capabilities }),
        noop("two", { runtimeConfig: { a: 1 } }),
      ]),
    },
    debug: { one: { ReportResult: RESULT }, two: PASS },
    steps: [{ verb: "validate" }, ...life].map((step) => ({ ...step, container })),
  },
  "a failure of the second plugin (cni 19)": {
    files: { "net.conflist": list(THREE) },
    debug: { ...chain, two: { ReportError: "banana", ReportErrorCode: 107 } },
    steps: begun,
  },
  "a failure without words (cni 10)": {
    files: { "net.conflist": list(THREE) },
    debug: { ...chain, two: { ReportStderr: "some words", ExitWithCode: 3 } },
    steps: begun,
  },
  "a failure at DEL (cni 22)": {
    files: { "net.conflist": list(THREE) },
    debug: chain,
    steps: [
      { verb: "add" },
      { verb: "del", debug: { two: { ReportError: "stuck", ReportErrorCode: 11 } } },
      { verb: "attachments" },
      { verb: "del", debug: { two: {} } },
      { verb: "attachments" },
    ],
  },
  "GC (cni 24)": {
    files: { "net.conflist": list([noop("one")], newest) },
    debug: { one: {} },
    steps: [
      { verb: "add", debug: { one: { ReportResult: '{"cniVersion":"1.1.0"}' } } },
      { verb: "add", container: other },
      { verb: "gc", valid, debug: { one: {} } },
      { verb: "gc", valid: [] },
      { verb: "gc" },
    ],
  },
  "GC that says nothing of attachments (cni 24)": {
    files: { "net.conflist": list([noop("one")], newest) },
    debug: { one: { ReportResult: '{"cniVersion":"1.1.0"}' } },
    steps: [{ verb: "add" }, { verb: "gc" }, { verb: "attachments" }],
  },
  "GC that is disabled, and of an old network (cni 24)": {
    files: { "net.conflist": list([noop("one")], { ...newest, disableGC: true }) },
    debug: { one: { ReportResult: '{"cniVersion":"1.1.0"}' } },
    steps: [
      { verb: "add" },
      { verb: "gc", valid: [] },
      { verb: "gc", valid: [], files: { "net.conflist": list([noop("one")]) } },
    ],
  },
  "STATUS (cni 25)": {
    files: { "net.conflist": list(THREE, newest) },
    debug: { one: {}, two: {}, three: {} },
    steps: [
      { verb: "status" },
      { verb: "status", debug: { two: { ReportError: "down", ReportErrorCode: 50 } } },
      { verb: "status", files: { "net.conflist": list(THREE) } },
    ],
  },
  "CHECK that may not be (cni 21)": {
    files: { "net.conflist": list(THREE, { disableCheck: "true" }) },
    debug: { one: {}, two: {}, three: {} },
    steps: [
      { verb: "check" },
      { verb: "check", files: { "net.conflist": list(THREE, { cniVersion: "0.3.1" }) } },
      { verb: "check", files: { "net.conflist": list(THREE, { cniVersion: "0.4567.0" }) } },
      { verb: "check", files: { "net.conflist": list(THREE, { cniVersion: "0.4.0" }) } },
    ],
  },
  "a cached result in a new version (cni 21)": {
    files: { "net.conflist": list([noop("one")]) },
    debug: { one: { ReportResult: RESULT } },
    steps: ["0.4.0", "0.2.0", "1.1.0", "0.4567.0", "0.3.0", "1.0.0"].flatMap((cniVersion) => [
      { verb: "add", files: { "net.conflist": list([noop("one")]) } },
      { verb: "cached", files: { "net.conflist": list([noop("one")], { cniVersion }) } },
      { verb: "check" },
      { verb: "del" },
    ]),
  },
  "validation (cni 23)": {
    files: { "net.conflist": list([noop("one"), { type: "absent" }, noop("two")]) },
    debug: { one: {}, two: {} },
    steps: [
      { verb: "validate" },
      { verb: "validate", files: { "net.conflist": list([noop("one")], { cniVersion: "9.8.7" }) } },
      { verb: "validate", files: { "net.conflist": list([noop("one")], { cniVersion: "" }) } },
      { verb: "version", type: "noop" },
      { verb: "version", type: "absent" },
    ],
  },
  "names that are none (cni 20, 27)": {
    files: {
      "net.conflist": list([noop("one")]),
      "b.conflist": list([noop("one")], { name: "a/b" }),
    },
    debug: { one: {} },
    steps: [
      { verb: "add", container: { ...CONTAINER, containerID: "-c" } },
      { verb: "add", container: { ...CONTAINER, containerID: "" } },
      { verb: "add", container: { ...CONTAINER, ifName: "eth 0" } },
      { verb: "add", container: { ...CONTAINER, ifName: "" } },
      { verb: "add", network: "nope" },
      { verb: "cached", container: { ...CONTAINER, ifName: "" } },
    ],
  },
  "files of configurations (cni 28)": {
    files: {
      "10.conf": { cniVersion: "0.4.0", name: "conf", ...noop("one") },
      "20.json": { cniVersion: "0.3.1", name: "json", ...noop("one") },
      "30.conflist": list([noop("one")], { name: "list", disableGC: "True" }),
      "40.conf": { cniVersion: "0.4.0", name: "list", ...noop("one") },
      "50.conflist": list([noop("one")], { name: "versions", cniVersions: ["0.3.1", "99.0.0"] }),
      "60.conflist": list([noop("one")], {
        name: "future",
        cniVersion: "9.9.9",
        cniVersions: ["1.1"],
      }),
    },
    debug: { one: { ReportResult: RESULT } },
    steps: [
      ...["conf", "json", "list", "versions", "future", "absent"].map((network) => ({
        ...{ verb: "load", network },
      })),
      { verb: "add", network: "conf" },
      { verb: "del", network: "conf" },
      { verb: "load", network: "conf", files: { "15.conf": { name: "broken" } } },
      { verb: "load", network: "json" },
    ],
  },
};
const ALL: readonly [name: string, scenario: Scenario][] = [
  ...Object.entries(SCENARIOS),
  ...CNI_VERSIONS.map((cniVersion): [string, Scenario] => [
    `a chain of version ${cniVersion} (cni 7)`,
    {
      files: { "net.conflist": list([noop("one"), noop("two")], { cniVersion }) },
      debug: { one: { ReportResult: resultIn(cniVersion) }, two: PASS },
      steps: life,
    },
  ]),
];

for (const [name, scenario] of ALL) {
  real(`${name}, as libcni has it`, async () => {
    const folder = await makeFolder();
    try {
      const world = join(folder.path, "world");
      const wanted = await play(world, scenario, [libcni, libcni]);
      for (const [cast, askers] of Object.entries(CASTS)) {
        const found = await play(world, scenario, askers);
        for (const part of ["answers", "calls", "cache"] as const) {
          const longer = Math.max(found[part].length, wanted[part].length);
          for (let n = 0; n < longer; n++) {
            const [ours, theirs] = [found[part][n], wanted[part][n]].map((one) =>
              canonicalize(one)
            );
            assert.is(ours, theirs, `${part}[${n}], ${cast}: ${ours} and not ${theirs}`);
          }
        }
      }
    } finally {
      await folder.remove();
    }
  });
}

real("plugins of all generations are asked what they support (cni 8)", async () => {
  const path = [tool("generations")];
  for (const generation of GENERATIONS) {
    const question = {
      ...{ verb: "version", path, cacheDir: "/nowhere", type: generationName(generation) },
    };
    const wanted = await libcni(question);
    assert.equal(wanted.result, [...generation.supportedVersions], generation.release);
    assert.equal(await own(question), wanted, generation.release);
  }
});

real("a plugin of version 0.1.0 attaches and detaches under our runtime (cni 29)", async () => {
  const folder = await makeFolder();
  try {
    const type = generationName(GENERATIONS[0]!);
    await folder.write({ "net.d/10.conf": JSON.stringify({ name: "net", type }) });
    const question = {
      ...{ confDir: join(folder.path, "net.d"), network: "net", path: [tool("generations")] },
      ...{ cacheDir: join(folder.path, "cache"), container: CONTAINER },
    };
    const answers = [];
    for (const verb of ["add", "cached", "del", "del"]) {
      const [wanted, found] = [
        await libcni({ ...question, verb }),
        await own({ ...question, verb }),
      ];
      assert.equal(found, plain(wanted as JsonValue), verb);
      answers.push(found);
    }
    assert.equal(answers[0]!.result, {
      cniVersion: "0.1.0",
      ip4: { ip: "10.1.2.3/24", gateway: "10.1.2.1", routes: [{ dst: "0.0.0.0/0" }] },
      dns: { nameservers: ["8.8.8.8"], domain: "example.com" },
    });
  } finally {
    await folder.remove();
  }
});

test.run();
