import { ProcessRunner } from "../capability/process-runner.ts";
import { readFileBounded } from "../platform/file-system.ts";
import { findProgram, programFolders } from "../platform/find-program.ts";
import { findForeignWriter } from "../platform/foreign-writer.ts";
import { packageFolder } from "../platform/package.ts";
import { joinPath } from "../platform/path.ts";
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
 * Compiles the executable in C. Runtimes run it as root, so a compiler that somebody else can change is
 * passed over, and it finds no such assembler.
 *
 * @param warn Told of each that is passed over.
 * @returns undefined where there is no compiler that can.
 */
export async function compileShim(
  signal: AbortSignal,
  warn: (message: string) => void = () => {},
): Promise<Compiled | undefined> {
  const { folders, compilers } = await findCompilers(warn);
  const source = joinPath(packageFolder(), "src", "cni", "shim", "shim.c");
  const runner = new ProcessRunner(1);
  return await withTemporaryFolder(async (folder) => {
    const output = joinPath(folder, "shim");
    for (const compiler of compilers) {
      for (const attempt of ATTEMPTS) {
        const args = [...attempt, "-std=c11", "-O2", "-s", "-o", output, source];
        // In PATH it finds its assembler.
        const env = { PATH: folders.join(":"), TMPDIR: folder };
        if (!await succeeds(runner, compiler, args, env, signal)) continue;
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
  env: { readonly PATH: string; readonly TMPDIR: string },
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const { status } = await runner.run({
      name: compiler,
      argv0: compiler,
      args,
      env,
      cwd: env.TMPDIR,
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

/** The compilers that nobody else can change, and the folders of PATH of which that is so. */
async function findCompilers(
  warn: (message: string) => void,
): Promise<{ folders: string[]; compilers: string[] }> {
  const all = programFolders();
  const compilers = new Set<string>();
  for (const name of COMPILERS) {
    for (const folder of all) {
      const path = await findProgram(name, [folder]);
      if (path === undefined) continue;
      const fault = await findForeignWriter(path);
      if (fault === undefined) compilers.add(path);
      else warn(`passed over the compiler ${path}: ${fault}`);
    }
  }
  const folders: string[] = [];
  for (const folder of all) {
    // What is not there, or cannot be looked at, is of no use.
    const fault = await findForeignWriter(folder).catch(() => "");
    if (fault === undefined) folders.push(folder);
  }
  return { folders, compilers: [...compilers] };
}
