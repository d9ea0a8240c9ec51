import { ProcessRunner } from "../capability/process-runner.ts";
import { isJsonObject } from "../json.ts";
import { readFileBounded } from "../platform/file-system.ts";
import { findForeignWriter } from "../platform/foreign-writer.ts";
import { writeFileAtomic } from "../platform/output-file.ts";
import { joinPath } from "../platform/path.ts";
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
 * @throws {PluginError} `input.*`; `trust.writable` where others can write it; `usage.invalid` where it is
 *   something else, speaks another protocol with the daemon, or does not run on this machine
 */
export async function readPrebuilt(path: string, signal: AbortSignal): Promise<Uint8Array> {
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
  if (!await runs(bytes, signal)) throw fail("it does not run on this machine");
  return bytes;
}

async function runs(bytes: Uint8Array, signal: AbortSignal): Promise<boolean> {
  return await withTemporaryFolder(async (folder) => {
    const program = joinPath(folder, "shim");
    await writeFileAtomic(program, bytes, { mode: 0o700 });
    try {
      const { stdout } = await new ProcessRunner(1).run({
        ...{ name: "the executable", argv0: program, args: [], env: {}, cwd: folder },
        ...{ timeoutMs: TIMEOUT_MS, maxOutputBytes: MAX_OUTPUT_BYTES },
        prepare: () => Promise.resolve(program),
      }, signal);
      const said: unknown = JSON.parse(new TextDecoder().decode(stdout));
      return isJsonObject(said) && said["code"] === CNI_ERROR_CODES.notAvailable;
    } catch {
      signal.throwIfAborted();
      return false;
    }
  });
}
