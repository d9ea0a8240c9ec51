/** Requests of real guests to real capabilities, through the whole host, audited and recorded. */
import { mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { FUNCTION_NAMES } from "../../src/capability/function-names.ts";
import type { MetadataPage, MetadataRequest } from "../../src/capability/metadata-provider.ts";
import type { Grants } from "../../src/capability/table.ts";
import { createHost, type Host } from "../../src/host/host.ts";
import type { Plugin } from "../../src/host/plugin.ts";
import { jsonDocument } from "../support/document.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { answering, asking, askThrough, bundleOf, type Request } from "../support/guest.ts";
import { writeScript } from "../support/process-fixture.ts";
import { suite } from "../support/suite.ts";
import { type HostileRequest, PROTOTYPE_NAMES, REQUESTS } from "./capability-call.ts";
import { ALLOW } from "./hostile-guest.ts";
import { outcomeOf } from "./outcome.ts";

type Capability = HostileRequest["capability"];

const test = suite("hostile requests to capabilities");

const DOCUMENT = jsonDocument({ a: 1 });
const audit: string[] = [];
const record: string[] = [];
const plugins = new Map<Capability, Plugin>();
let folder: TestFolder;
let host: Host;
let good: Plugin;
let grants: Grants;
/** What a provider of metadata was told when it called the host. */
const backCalls: string[] = [];

const at = (name: string) => join(folder.path, name);

test.before(async () => {
  folder = await makeFolder();
  for (const name of ["root", "outside", "cni"]) await mkdir(at(name), { mode: 0o755 });
  await writeFile(at("outside/kept"), "kept");
  await symlink(at("outside"), at("root/link"));
  await symlink(at("nowhere"), at("root/dangling"));
  await writeFile(at("root/file"), "kept");
  await writeScript({ ...folder, path: at("cni") }, "fake", 'cat > /dev/null; echo "{}"');
  const program = await writeScript(folder, "echo", 'printf "%s|" "$@"');
  const command = { program, unpinned: true, cwd: "/" } as const;
  grants = {
    state: { folder: at("state"), maxKeys: 20, maxBytes: 10_000, maxValueBytes: 5_000 },
    directory: { root: at("root"), maxEntries: 10 },
    blob: {},
    metadata: {
      provider: { list: provide },
      service: "https://cipd.example",
      packagePrefixes: ["a"],
      keys: ["k"],
    },
    delegate: { types: ["fake"], folders: [at("cni")], netns: ["/run/netns"] },
    exec: {
      commands: {
        echo: { ...command, arguments: [{ hole: "name", type: "name" }] },
        whole: { ...command, arguments: [{ hole: "anything", type: "pattern", pattern: "[^]+" }] },
        number: { ...command, arguments: [{ hole: "n", type: "integer", min: 0, max: 100 }] },
      },
    },
  };
  host = await createHost({
    workers: 2,
    audit: { append: (line) => void audit.push(line) },
    record: { append: (line) => void record.push(line) },
  });
  good = await host.load(bundleOf(answering(ALLOW)));
  for (const capability of ["state", "directory", "metadata", "delegate", "exec", "log"] as const) {
    plugins.set(capability, await load(capability));
  }
});

test.after(async () => {
  await host.close();
  await folder.remove();
});

function load(capability: Capability, instance = "hostile", timeoutMs = 5_000): Promise<Plugin> {
  const bytes = bundleOf(asking(...FUNCTION_NAMES[capability]), { capabilities: [capability] });
  const granted = capability === "log" ? {} : { [capability]: grants[capability] };
  return host.load(bytes, { instance, grants: granted, timeoutMs });
}

/** A source that means no good either; by the package that is asked about. */
async function provide({ package: name }: MetadataRequest): Promise<MetadataPage> {
  switch (name) {
    case "a/throws":
      throw new Error(`a secret of the host: ${folder.path}`);
    case "a/throws-nothing":
      throw undefined;
    case "a/nothing":
      return undefined as unknown as MetadataPage;
    case "a/flood":
      return { entries: new Array(1_000_000).fill({ key: "k", value: "v" }) };
    case "a/huge":
      return { entries: [{ key: "k", value: "x".repeat(600_000) }] };
    case "a/prototype":
      return Object.create({ entries: null }) as MetadataPage;
    case "a/trap":
      return {
        get entries(): never {
          throw new Error("a secret of the host");
        },
      };
    case "a/hangs":
      return await new Promise(() => {});
    case "a/late":
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      return { entries: [] };
    case "a/back":
      try {
        await good.admission.check(DOCUMENT);
      } catch (error) {
        backCalls.push((error as { code: string }).code);
        throw error;
      }
      return { entries: [] };
    default:
      return { entries: [] };
  }
}

/** What one function answers, parsed. */
async function ask(plugin: Plugin, capability: Capability, name: string, request: unknown) {
  const index = FUNCTION_NAMES[capability].indexOf(name);
  const text = typeof request === "string" ? request : JSON.stringify(request);
  const [answer] = await askThrough(plugin, [index, text]);
  return JSON.parse(new TextDecoder().decode(answer)) as {
    ok?: Record<string, unknown>;
    error?: { code: string; message: string };
  };
}

for (const { capability, name, request, code } of REQUESTS) {
  const shown = (typeof request === "string" ? request : JSON.stringify(request)).slice(0, 80);
  test(`${name} ${shown}: ${code}`, async () => {
    const lines = audit.length;
    const beside = good.admission.check(DOCUMENT);
    const { error } = await ask(plugins.get(capability)!, capability, name, request);
    assert.is(error?.code ?? "allowed", code, error?.message);
    assert.not.match(error?.message ?? "", "secret");
    assert.is((await beside).allowed, true);
    if (capability === "log") return;
    assert.is(audit.length, lines + 1);
    const line = JSON.parse(audit.at(-1)!);
    assert.equal([line.function, line.code ?? "allowed"], [name, code]);
  });
}

test("whatever was asked, the files outside of the root are there and those in it are no others", async () => {
  assert.equal(await readdir(at("outside")), ["kept"]);
  assert.equal((await readdir(at("root"))).sort(), ["dangling", "file", "link"]);
});

test("a source of metadata that calls its host is told so, and only it", () => {
  assert.equal(backCalls, ["capability.reentrant"]);
});

for (const what of ["hangs", "late"]) {
  test(`a source of metadata that ${what} ends its own call: sandbox.timeout`, async () => {
    const plugin = await load("metadata", "hostile", 400);
    const request: Request = [0, JSON.stringify({ package: `a/${what}` })];
    const beside = ask(plugins.get("metadata")!, "metadata", "metadata_list", { package: "a/b" });
    assert.is(await outcomeOf(() => askThrough(plugin, request)), "sandbox.timeout");
    assert.equal((await beside).ok, { entries: [] });
    assert.equal((await ask(plugin, "metadata", "metadata_list", { package: "a/b" })).ok, {
      entries: [],
    });
  });
}

test("state keeps names of prototypes apart from prototypes, and from other instances", async () => {
  const plugin = plugins.get("state")!;
  const other = await load("state", "other");
  for (const key of PROTOTYPE_NAMES) {
    assert.equal((await ask(plugin, "state", "state_get", { key })).ok, { value: null });
    assert.equal((await ask(plugin, "state", "state_put", { key, value: key })).ok, {});
    assert.equal((await ask(plugin, "state", "state_get", { key })).ok, { value: key });
    assert.equal((await ask(other, "state", "state_get", { key })).ok, { value: null });
  }
  const { keys } = (await ask(plugin, "state", "state_list", {})).ok!;
  assert.equal(keys, [...PROTOTYPE_NAMES].sort());
});

test("a flood of keys, of bytes and of writes ends at the grant's bounds", async () => {
  const put = FUNCTION_NAMES.state.indexOf("state_put");
  const codes = async (plugin: Plugin, count: number, value: string) => {
    const requests = Array.from({ length: count }, (_, index): Request => [
      put,
      JSON.stringify({ key: `flood-${index}`, value }),
    ]);
    const answers = await askThrough(plugin, ...requests);
    return answers.map((answer) =>
      JSON.parse(new TextDecoder().decode(answer)).error?.code ?? "ok"
    );
  };
  const keys = await codes(await load("state", "keys"), 30, "v");
  assert.equal(keys.filter((code) => code === "ok").length, 20);
  assert.equal(new Set(keys.slice(20)), new Set(["capability.limit"]));
  const bytes = await codes(await load("state", "bytes"), 5, "x".repeat(4_000));
  assert.equal(bytes, ["ok", "ok", ...new Array(3).fill("capability.limit")]);
  const { state } = grants;
  grants = { ...grants, state: { ...state!, writesPerSecond: 1 } };
  const writes = await codes(await load("state", "writes"), 4, "v");
  grants = { ...grants, state: state! };
  assert.is(writes[0], "ok");
  assert.is(writes[1], "capability.limit");
});

test("a flood of children ends at the grant's bound, and the names are no paths", async () => {
  const plugin = plugins.get("directory")!;
  const codes: string[] = [];
  for (let index = 0; index < 12; index++) {
    const { error } = await ask(plugin, "directory", "directory_create", { name: `n${index}` });
    codes.push(error?.code ?? "ok");
  }
  assert.ok(codes.includes("ok"));
  assert.is(codes.at(-1), "capability.limit");
  for (let index = 0; index < 12; index++) {
    await ask(plugin, "directory", "directory_remove", { name: `n${index}` });
  }
  assert.equal((await readdir(at("root"))).sort(), ["dangling", "file", "link"]);
});

test("what was recorded of all that is one line for each call, and each can be read", () => {
  assert.ok(record.length > REQUESTS.length);
  for (const line of record) assert.is(JSON.parse(line).version, 1);
});

test.run();
