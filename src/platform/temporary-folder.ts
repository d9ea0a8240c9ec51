import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asOutputError } from "./output-file.ts";

/**
 * Runs `work` with a folder of its own, for this process's user alone, which is gone when it has ended.
 *
 * @param parent Where it is made, as a hidden one; the system's folder for such things unless it is given.
 * @throws {PluginError} `output.unwritable`; what `work` throws
 */
export async function withTemporaryFolder<T>(
  work: (path: string) => Promise<T>,
  parent?: string,
): Promise<T> {
  const beginning = parent === undefined
    ? join(tmpdir(), "cofferdam-")
    : join(parent, ".cofferdam-");
  const path = await mkdtemp(beginning).catch((error) => {
    throw asOutputError(`${beginning}*`, error);
  });
  try {
    return await work(path);
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}
