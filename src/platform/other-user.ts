import { stat } from "node:fs/promises";
import process from "node:process";
import { asInputError } from "./file-system.ts";
import { findForeignWriter } from "./foreign-writer.ts";

/** What anybody but the owner may do. */
const OTHERS = 0o077;

/**
 * What lets somebody besides this process's user look into a file or folder, or change what stands at its
 * path, in words that follow "because"; undefined where nobody can but root.
 *
 * @throws {PluginError} `input.not-found`, `input.unreadable`
 */
export async function findOtherUser(path: string): Promise<string | undefined> {
  const foreign = await findForeignWriter(path);
  if (foreign !== undefined) return foreign;
  try {
    const { uid, mode } = await stat(path);
    if (uid !== process.geteuid?.()) return `it belongs to user ${uid}`;
    if ((mode & OTHERS) === 0) return undefined;
    return `others can look into it (mode ${(mode & 0o7777).toString(8)}); "chmod go-rwx" it`;
  } catch (error) {
    throw asInputError(path, error);
  }
}
