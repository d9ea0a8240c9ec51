import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Test } from "uvu";

/** A temporary folder of one test. */
export interface TestFolder {
  readonly path: string;
  /** Writes files, by their paths within the folder. */
  write(files: Record<string, string | Uint8Array>): Promise<void>;
  remove(): Promise<void>;
}

/** Makes an empty temporary folder. */
export async function makeFolder(): Promise<TestFolder> {
  const path = await mkdtemp(join(tmpdir(), "cofferdam-test-"));
  return {
    path,
    write: async (files) => {
      for (const [name, content] of Object.entries(files)) {
        await mkdir(dirname(join(path, name)), { recursive: true });
        await writeFile(join(path, name), content);
      }
    },
    remove: () => rm(path, { recursive: true, force: true }),
  };
}

/** A folder for the tests of a suite, made before the first and removed behind the last. */
export function suiteFolder(test: Test): TestFolder {
  let made: TestFolder | undefined;
  test.before(async () => {
    made = await makeFolder();
  });
  test.after(() => made?.remove());
  return {
    get path() {
      return made!.path;
    },
    write: (files) => made!.write(files),
    remove: () => made!.remove(),
  };
}
