import { ProcessRunner } from "../capability/process-runner.ts";
import { readFileBounded } from "../platform/file-system.ts";
import { findProgram } from "../platform/find-program.ts";
import { packageFolder } from "../platform/package.ts";
import { joinPath } from "../platform/path.ts";
import { environmentVariable } from "../platform/process.ts";
import { withTemporaryFolder } from "../platform/temporary-folder.ts";
import { PluginError } from "../plugin-error.ts";
import { MAX_SHIM_BYTES } from "./shim/script.ts";

/** What a compiler made, and its path. */
export interface Compiled {
  readonly bytes: Uint8Array;
  readonly compiler: string;
}

/** The names by which a C compiler is looked for, in PATH. */
const COMPILERS = ["cc", "gcc", "clang"];

/** Static first: such a program starts sooner, and no loader takes anything from its environment. */
const ATTEMPTS: readonly (readonly string[])[] = [["-static"], []];

const TIMEOUT_MS = 60_000;
const MAX_OUTPUT_BYTES = 64 * 1024;

/**
 * Compiles the executable in C.
 *
 * @returns undefined where there is no compiler that can.
 */
export async function compileShim(signal: AbortSignal): Promise<Compiled | undefined> {
  const source = joinPath(packageFolder(), "src", "cni", "shim", "shim.c");
  const runner = new ProcessRunner(1);
  return await withTemporaryFolder(async (folder) => {
    const output = joinPath(folder, "shim");
    for (const compiler of await findCompilers()) {
      for (const attempt of ATTEMPTS) {
        const args = [...attempt, "-std=c11", "-O2", "-s", "-o", output, source];
        if (!await succeeds(runner, compiler, args, folder, signal)) continue;
        return { bytes: await readFileBounded(output, MAX_SHIM_BYTES), compiler };
      }
    }
    return undefined;
  });
}

/** A compiler that does not start is none. */
async function succeeds(
  runner: ProcessRunner,
  compiler: string,
  args: readonly string[],
  folder: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const { status } = await runner.run({
      name: compiler,
      argv0: compiler,
      args,
      // Where it finds its assembler, and may write.
      env: { PATH: environmentVariable("PATH") ?? "", TMPDIR: folder },
      cwd: folder,
      timeoutMs: TIMEOUT_MS,
      maxOutputBytes: MAX_OUTPUT_BYTES,
      prepare: () => Promise.resolve(compiler),
    }, signal);
    return status.code === 0;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof PluginError) return false;
    throw error;
  }
}

async function findCompilers(): Promise<string[]> {
  const found = await Promise.all(COMPILERS.map(findProgram));
  return [...new Set(found.filter((path) => path !== undefined))];
}
