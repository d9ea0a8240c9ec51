import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { builtPlugin } from "../../../scripts/build-plugins.ts";
import type { HostFunction } from "../../../src/capability/host-function.ts";
import { openCapability } from "../../../src/capability/table.ts";
import type { VolumeMethod } from "../../../src/contract/volume.ts";
import type { OpenCapability } from "../../../src/host/grants.ts";
import { createHostWith, type Host } from "../../../src/host/host.ts";
import type { Plugin } from "../../../src/host/plugin.ts";
import type { JsonObject } from "../../../src/json.ts";
import { makeFolder, type TestFolder } from "../../support/folder.ts";
import { suite } from "../../support/suite.ts";

/** Ends the plugin at one of the calls that it makes, as a kill of its host would. */
const killer = {
  /** Calls until then; those before it are answered. */
  left: Infinity,
  /** Whether what it asks for is still done, and only the answer does not come. */
  isDone: false,
  asked: 0,
};

const killing = (fn: HostFunction): HostFunction => ({
  ...fn,
  answer: async (request, call) => {
    killer.asked++;
    if (killer.left-- > 0) return await fn.answer(request, call);
    if (killer.isDone) await fn.answer(request, call);
    throw new Error("killed");
  },
});

const openKillable: OpenCapability = async (name, grant, plugin) => {
  const opened = await openCapability(name, grant, plugin);
  return opened && { ...opened, functions: opened.functions.map(killing) };
};

interface Context {
  host: Host;
  folder: TestFolder;
}

const test = suite<Context>("wasm-plugins/local-volume, killed between two calls of capabilities");

test.before(async (context) => {
  context.folder = await makeFolder();
  context.host = await createHostWith({ workers: 1 }, openKillable);
});

test.after(async ({ host, folder }) => {
  await host.close();
  await folder.remove();
});

let scenes = 0;

/** One volume `db` with a file, used by the container `m1`, in a folder of its own. */
class Scene {
  readonly #plugin: Plugin;
  readonly root: string;

  private constructor(plugin: Plugin, root: string) {
    this.#plugin = plugin;
    this.root = root;
  }

  static async open({ host, folder }: Context): Promise<Scene> {
    const name = `scene-${scenes++}`;
    await folder.write({ [`${name}/.keep`]: "" });
    const root = join(folder.path, name);
    const plugin = await host.load(builtPlugin("local-volume"), {
      instance: name,
      grants: { directory: { root }, state: { folder: join(folder.path, "state") } },
    });
    const scene = new Scene(plugin, root);
    await scene.done("create", { name: "db", options: { size: "1m" } });
    await scene.done("mount", { name: "db", id: "m1" });
    await writeFile(join(root, "db", "file"), "data");
    return scene;
  }

  call(method: VolumeMethod, request: JsonObject = {}): Promise<JsonObject> {
    return this.#plugin.call(`volume_${method}`, request) as Promise<JsonObject>;
  }

  async done(method: VolumeMethod, request: JsonObject): Promise<JsonObject> {
    const answer = await this.call(method, request);
    assert.is(answer["error"], undefined, `${method}: ${JSON.stringify(answer["error"])}`);
    return answer;
  }

  /** The code of the error of a method. */
  async fails(method: VolumeMethod, request: JsonObject): Promise<unknown> {
    return ((await this.call(method, request))["error"] as JsonObject | undefined)?.["code"];
  }

  /** Volumes and folders are the same, and each volume is whole. @returns their names */
  async names(): Promise<string[]> {
    const { volumes } = await this.call("list") as unknown as { volumes: { name: string }[] };
    const names = volumes.map(({ name }) => name);
    const folders = (await readdir(this.root)).filter((name) => name !== ".keep").sort();
    assert.equal(folders, names);
    for (const { name, ...place } of volumes) {
      const { volume } = await this.done("get", { name }) as { volume: JsonObject };
      assert.equal({ mountpoint: volume["mountpoint"] }, place);
      assert.is(volume["mountpoint"], join(this.root, name));
    }
    return names;
  }

  async data(): Promise<string> {
    return await readFile(join(this.root, "db", "file"), "utf8");
  }
}

/** What is done, and what must hold once it was done again. */
interface Action {
  readonly name: string;
  readonly method: VolumeMethod;
  readonly request: JsonObject;
  readonly prepare?: (scene: Scene) => Promise<unknown>;
  /** Answers of the repetition, where it was done already. */
  readonly again?: string;
  readonly then: (scene: Scene) => Promise<void>;
}

const ACTIONS: readonly Action[] = [
  {
    name: "create",
    method: "create",
    request: { name: "new", options: { size: "2m" } },
    then: async (scene) => {
      assert.equal(await scene.names(), ["db", "new"]);
      assert.equal(await readdir(join(scene.root, "new")), []);
      assert.is(await scene.fails("create", { name: "new", options: { size: "3m" } }), "conflict");
    },
  },
  {
    name: "create after a removal",
    method: "create",
    request: { name: "db", options: {} },
    prepare: async (scene) => {
      await scene.done("unmount", { name: "db", id: "m1" });
      await scene.done("remove", { name: "db" });
    },
    then: async (scene) => {
      assert.equal(await scene.names(), ["db"]);
      assert.equal(await readdir(join(scene.root, "db")), []);
    },
  },
  {
    name: "mount",
    method: "mount",
    request: { name: "db", id: "m2" },
    then: async (scene) => {
      assert.is(await scene.data(), "data");
      await scene.done("unmount", { name: "db", id: "m2" });
      assert.is(await scene.fails("remove", { name: "db" }), "conflict");
      await scene.done("unmount", { name: "db", id: "m1" });
      await scene.done("remove", { name: "db" });
    },
  },
  {
    name: "unmount",
    method: "unmount",
    request: { name: "db", id: "m1" },
    then: async (scene) => {
      assert.is(await scene.data(), "data");
      await scene.done("remove", { name: "db" });
      assert.equal(await scene.names(), []);
    },
  },
  {
    name: "remove",
    method: "remove",
    request: { name: "db" },
    prepare: (scene) => scene.done("unmount", { name: "db", id: "m1" }),
    again: "not-found",
    then: async (scene) => {
      assert.equal(await scene.names(), []);
      await scene.done("create", { name: "db", options: {} });
      assert.equal(await readdir(join(scene.root, "db")), []);
    },
  },
];

/** What may come first behind the kill. */
const NEXT: readonly (readonly [VolumeMethod, JsonObject])[] = [
  ["list", {}],
  ["get", { name: "db" }],
  ["get", { name: "new" }],
  ["path", { name: "db" }],
];

/** How many calls of capabilities an action makes. */
async function callsOf(context: Context, { method, request, prepare }: Action): Promise<number> {
  const scene = await Scene.open(context);
  await prepare?.(scene);
  killer.asked = 0;
  await scene.done(method, request);
  return killer.asked;
}

for (const action of ACTIONS) {
  const { name, method, request, prepare, again, then } = action;
  test(`${name}: nothing half-done stays, and nothing acknowledged is lost`, async (context) => {
    const calls = await callsOf(context, action);
    assert.ok(calls >= 3, `${calls} calls`);
    for (let at = 0; at < calls; at++) {
      for (const isDone of [false, true]) {
        const scene = await Scene.open(context);
        await prepare?.(scene);
        Object.assign(killer, { left: at, isDone });
        const outcome = await scene.call(method, request).then(() => "answered", () => "killed");
        killer.left = Infinity;
        assert.is(outcome, "killed");

        const [first, asked] = NEXT[at % NEXT.length]!;
        await scene.call(first, asked);
        const names = await scene.names();
        if (names.includes("db") && method !== "create") assert.is(await scene.data(), "data");
        const code = await scene.fails(method, request);
        if (code !== undefined) assert.is(code, again, `killed at call ${at}, ${isDone}`);
        await then(scene);
      }
    }
  });
}

test.run();
