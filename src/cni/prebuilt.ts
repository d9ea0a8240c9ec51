import { cniFailureOf } from "../capability/cni-outcome.ts";
import { ProcessRunner } from "../capability/process-runner.ts";
import { readFileBounded } from "../platform/file-system.ts";
import { findForeignWriter } from "../platform/foreign-writer.ts";
import { writeFileAtomic } from "../platform/output-file.ts";
import { joinPath } from "../platform/path.ts";
import { refuseForeignWriters } from "../platform/private-folder.ts";
import { withTemporaryFolder } from "../platform/temporary-folder.ts";
import { PluginError } from "../plugin-error.ts";
import { CNI_ERROR_CODES } from "../contract/cni-fault.ts";
import { GREETING } from "./frame.ts";
import { MAX_SHIM_BYTES, SHIM_MARK } from "./shim/script.ts";

const TIMEOUT_MS = 10_000;
const MAX_OUTPUT_BYTES = 64 * 1024;

/**
 * Reads an executable in C that was compiled elsewhere, as one that `install cni` wrote on a machine with a
 * compiler, and runs it once, with nothing beside it: then it can only say so.
 *
 * @param binDir Where it is run: a folder for temporary files may let nothing run.
 * @throws {PluginError} `input.*`; `trust.writable` where others can write it, or that folder;
 *   `usage.invalid` where it is something else, speaks another protocol with the daemon, or does not run;
 *   `output.unwritable`
 */
export async function readPrebuilt(
  path: string,
  binDir: string,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const bytes = await readFileBounded(path, MAX_SHIM_BYTES);
  const fault = await findForeignWriter(path);
  if (fault !== undefined) {
    throw new PluginError("trust.writable", `Cannot trust "${path}": ${fault}`);
  }
  const text = new TextDecoder("latin1").decode(bytes);
  const fail = (why: string) =>
    new PluginError("usage.invalid", `Cannot install "${path}" as the executable: ${why}`);
  if (text.startsWith("#!") || !text.includes(SHIM_MARK)) {
    throw fail('it is none in C that "cofferdam install cni" has written');
  }
  // With the byte that ends it in C.
  if (!text.includes(`${SHIM_MARK} ${new TextDecoder().decode(GREETING)}\0`)) {
    throw fail("it speaks another protocol with the daemon");
  }
  const why = await tryIn(binDir, bytes, signal);
  if (why !== undefined) throw fail(`it does not run here, tried in "${binDir}": ${why}`);
  return bytes;
}

/** @returns What is wrong with it; undefined where it runs. */
async function tryIn(
  binDir: string,
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<string | undefined> {
  await refuseForeignWriters(binDir);
  return await withTemporaryFolder(async (folder) => {
    const program = joinPath(folder, "shim");
    await writeFileAtomic(program, bytes, { mode: 0o700 });
    try {
      const result = await new ProcessRunner(1).run({
        ...{ name: "it", argv0: program, args: [], env: {}, cwd: folder },
        ...{ timeoutMs: TIMEOUT_MS, maxOutputBytes: MAX_OUTPUT_BYTES },
        prepare: () => Promise.resolve(program),
      }, signal);
      const failure = cniFailureOf(result);
      if (failure?.cni?.code === CNI_ERROR_CODES.notAvailable) return undefined;
      return failure?.why ?? "it has not said that nothing lies beside it";
    } catch (error) {
      signal.throwIfAborted();
      return PluginError.from(error).message;
    }
  }, binDir);
}
