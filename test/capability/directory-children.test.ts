import { mkdir, readdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { Children } from "../../src/capability/directory-children.ts";
import { type HeldFolder, holdFolder } from "../../src/platform/held-folder.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { makeFolder, type TestFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";

const test = suite("directory-children");

const never = new AbortController().signal;
let folder: TestFolder;

test.before(async () => void (folder = await makeFolder()));
test.after(() => folder.remove());

/** Children of a folder of their own, and what is asked of that folder, in its order. */
async function open(
  name: string,
  change: (root: HeldFolder) => Partial<HeldFolder> = () => ({}),
): Promise<{ children: Children; root: string; asked: string[] }> {
  const root = join(await realpath(folder.path), name);
  await mkdir(root);
  const held = (await holdFolder(root))!;
  const asked: string[] = [];
  const changed = change(held);
  const watched = new Proxy(held, {
    get(_target, key: keyof HeldFolder) {
      const value = changed[key] ?? held[key];
      if (typeof value !== "function") return value;
      return (...given: unknown[]) => {
        asked.push(key);
        return (value as (...given: unknown[]) => unknown).apply(held, given);
      };
    },
  });
  return { children: new Children({ root }, root, watched), root, asked };
}

/** A root in which nothing of these names can be removed, as below a mounted file system. */
const failing = (...names: string[]) => (root: HeldFolder): Partial<HeldFolder> => ({
  removeEmptyFolder: (name) =>
    names.some((one) => name.endsWith(one))
      ? Promise.reject(new Error("device or resource busy"))
      : root.removeEmptyFolder(name),
});

test("create() and remove() have the name on the disk before they go on", async () => {
  const { children, asked } = await open("sync");
  await children.create("vol", never);
  assert.equal(asked.slice(-2), ["makeFolder", "sync"]);
  asked.length = 0;
  await children.remove("vol", never);
  assert.equal(asked.slice(0, 4), ["look", "rename", "sync", "look"]);
  await children.close();
});

test("remove() removes its own tree and others that are left, past one that fails", async () => {
  const { children, root } = await open("past", failing("-2", "-4"));
  for (let n = 1; n <= 5; n++) {
    await mkdir(join(root, `.cofferdam-removed-${n}`, "sub"), { recursive: true });
  }
  await mkdir(join(root, "vol", "sub"), { recursive: true });
  const told: PluginError[] = [];
  assert.equal(await children.remove("vol", never, (cause) => told.push(cause)), {});
  assert.equal((await readdir(root)).sort(), [".cofferdam-removed-2", ".cofferdam-removed-4"]);
  assert.is(told.length, 1);
  assert.match(
    told[0]!.message,
    /^"\.cofferdam-removed-[24]" is left in the granted folder: device or resource busy; 1 more/,
  );
  await children.close();
});

test("remove() that cannot finish its own tree says so, and goes on with the others", async () => {
  let own = true;
  const { children, root } = await open("own", (held) => ({
    removeEmptyFolder: (name) => {
      if (!own) return held.removeEmptyFolder(name);
      own = false;
      return Promise.reject(new Error("not permitted"));
    },
  }));
  await mkdir(join(root, ".cofferdam-removed-1", "sub"), { recursive: true });
  await mkdir(join(root, "vol"));
  const told: PluginError[] = [];
  const error = await children.remove("vol", never, (cause) => told.push(cause)).then(
    () => undefined,
    PluginError.from,
  );
  assert.match(error?.message ?? "", "not permitted");
  assert.match(told[0]?.message ?? "", "not permitted");
  const left = await readdir(root);
  assert.is(left.length, 1);
  assert.is.not(left[0], ".cofferdam-removed-1");
  await children.close();
});

test("remove() tells nothing where nothing is left", async () => {
  const { children, root } = await open("nothing");
  await mkdir(join(root, ".cofferdam-removed-1"));
  await mkdir(join(root, "vol"));
  const told: PluginError[] = [];
  await children.remove("vol", never, (cause) => told.push(cause));
  assert.equal([await readdir(root), told], [[], []]);
  await children.close();
});

test.run();
