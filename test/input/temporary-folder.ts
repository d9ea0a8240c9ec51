import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, sep } from "node:path";

/** A folder of a test's own. */
export interface TemporaryFolder {
  /** Its path, with forward slashes. */
  readonly path: string;
  /** Writes files; folders between are made. */
  write(files: Readonly<Record<string, string | Uint8Array>>): Promise<void>;
  /** Makes a link at `name` to `target`, which is taken as it is. */
  link(name: string, target: string): Promise<void>;
  /** Takes all permissions from `name`. */
  lock(name: string): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Makes an empty folder that is removed with everything in it at the end of the `await using`. */
export async function temporaryFolder(): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), "cofferdam-test-"));
  const locked: string[] = [];
  return {
    path: path.replaceAll(sep, "/"),
    async write(files) {
      for (const [name, content] of Object.entries(files)) {
        await mkdir(dirname(join(path, name)), { recursive: true });
        await writeFile(join(path, name), content);
      }
    },
    async link(name, target) {
      await symlink(target, join(path, name));
    },
    async lock(name) {
      await chmod(join(path, name), 0);
      locked.push(name);
    },
    async [Symbol.asyncDispose]() {
      for (const name of locked) await chmod(join(path, name), 0o700);
      await rm(path, { recursive: true, force: true });
    },
  };
}
