import { findForeignWriter, isOwnUser } from "../platform/foreign-writer.ts";
import { openProgramFile, type ProgramFile } from "../platform/program-file.ts";
import { isMissing } from "../platform/file-system.ts";
import { PluginError } from "../plugin-error.ts";
import { warningsOf } from "./interpreter.ts";

/** A program that an operator granted, ready to be run any number of times. */
export interface Program {
  readonly warnings: readonly string[];
  /**
   * Looks at it once more and gives the path to execute.
   *
   * @throws {PluginError} as {@link openPinned} and {@link openUnpinned}; the messages name paths
   */
  prepare(): Promise<string>;
  /** To be called when no run of it is left. */
  close(): void;
}

/**
 * Opens a program, hashes it and keeps it open: what runs is this file, whatever its path leads to later.
 * Where its content may have changed since, it is hashed again before it runs.
 *
 * @param where What messages call it: `command "ip"`.
 * @param user Whom it will run as, if not as the host.
 * @throws {PluginError} `trust.changed` for another digest, `trust.writable`, `config.invalid` where it
 *   is no program, or the system cannot execute an open file
 */
export async function openPinned(
  where: string,
  path: string,
  digest: string,
  user?: { readonly uid: number; readonly gid: number },
): Promise<Program> {
  const file = await open(where, path);
  try {
    if (file.form === "script" && user !== undefined && !isOwnUser(user)) {
      // Its interpreter opens the script through our table of descriptors, which is closed to others.
      const why = `"${path}" is a script, and a pinned script cannot run as another user`;
      throw refusal("config.invalid", where, why);
    }
    if (file.executablePath() === undefined) {
      const why = "this system cannot execute an open file (no /proc), so no digest can be kept";
      throw refusal("config.invalid", where, why);
    }
    const pinned = new PinnedProgram(where, file, digest);
    await pinned.prepare();
    const { interpreter, path: resolved } = file;
    return {
      warnings: warningsOf(where, { granted: path, resolved, interpreter }),
      prepare: () => pinned.prepare(),
      close: () => file.close(),
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

/**
 * Takes a program as it is found at each run.
 *
 * @throws {PluginError} as {@link findUnpinned}
 */
export async function openUnpinned(where: string, path: string): Promise<Program> {
  const { path: resolved, interpreter } = await findUnpinned(where, path);
  return {
    warnings: warningsOf(where, { granted: path, resolved, interpreter }),
    prepare: async () => (await findUnpinned(where, path)).path,
    close: () => {},
  };
}

/**
 * Looks at a program that is not pinned. Who can write to it, to a folder or to a link on the way, can
 * replace it; that must be nobody but root and the host's own user. So for a script's interpreter.
 *
 * @returns Its path without links.
 * @throws {PluginError} `trust.writable`; `config.invalid` where it is no program
 */
export async function findUnpinned(
  where: string,
  path: string,
): Promise<{ readonly path: string; readonly interpreter: string | undefined }> {
  const file = await open(where, path);
  file.close();
  await checkWriters(where, path);
  await checkInterpreters(where, file);
  return { path: file.path, interpreter: file.interpreter };
}

/**
 * Refuses a file or folder that others can change; see `findForeignWriter`.
 *
 * @throws {PluginError} `trust.writable`; `config.invalid` where nothing is there
 */
export async function checkWriters(where: string, path: string): Promise<void> {
  let writer: string | undefined;
  try {
    writer = await findForeignWriter(path);
  } catch (cause) {
    throw refusal("config.invalid", where, whyNotOpened(path, cause), cause);
  }
  if (writer !== undefined) throw refusal("trust.writable", where, writer);
}

/**
 * Refuses a script whose interpreter others can change, or that interpreter's own, for it may be a script
 * as well. What `env` or the interpreter looks for by itself is not seen.
 */
async function checkInterpreters(where: string, program: ProgramFile): Promise<void> {
  let file = program;
  for (let depth = 0; file.form === "script"; depth++) {
    const { interpreter } = file;
    const refuse = (why: string) => refusal("config.invalid", where, `"${file.path}" ${why}`);
    // execvp(3) would give a script that names none to /bin/sh.
    if (interpreter === undefined) throw refuse("names no interpreter");
    if (!interpreter.startsWith("/")) throw refuse("names its interpreter by no absolute path");
    if (depth === MAX_INTERPRETERS) throw refuse("is a script of scripts of scripts");
    file = await open(where, interpreter);
    file.close();
    await checkWriters(where, interpreter);
  }
}

/** Scripts within scripts that Linux follows (execve(2)). */
const MAX_INTERPRETERS = 4;

class PinnedProgram {
  readonly #where: string;
  readonly #file: ProgramFile;
  readonly #digest: string;
  /** The file's stamp when its content had the digest; undefined where it tells nothing. */
  #verified: string | undefined;

  constructor(where: string, file: ProgramFile, digest: string) {
    this.#where = where;
    this.#file = file;
    this.#digest = digest;
  }

  async prepare(): Promise<string> {
    const writer = this.#file.foreignWriter();
    if (writer !== undefined) throw refusal("trust.writable", this.#where, writer);
    await checkInterpreters(this.#where, this.#file);
    if (this.#verified !== this.#file.stamp().text) await this.#verify();
    return this.#file.executablePath()!;
  }

  async #verify(): Promise<void> {
    this.#verified = undefined;
    // The stamp also changes when the file's name is taken away, in the middle of hashing for instance.
    for (let attempt = 0; attempt < MAX_HASHES; attempt++) {
      const before = this.#file.stamp();
      const startedAtMs = Date.now();
      const found = await this.#file.hash();
      if (found !== this.#digest) {
        const why = `"${this.#file.path}" is ${found}, not ${this.#digest}`;
        throw refusal("trust.changed", this.#where, why);
      }
      if (this.#file.stamp().text !== before.text) continue;
      const isSettled = startedAtMs - before.changedAtMs > STAMP_STEP_MS;
      if (isSettled) this.#verified = before.text;
      return;
    }
    throw refusal("trust.changed", this.#where, `"${this.#file.path}" goes on changing`);
  }
}

const MAX_HASHES = 5;

/**
 * A second change within one step of the file system's clock leaves the stamp as it is: Deno (2.9) gives
 * whole seconds of `ctime`, and FAT has steps of two.
 */
const STAMP_STEP_MS = 2_500;

async function open(where: string, path: string): Promise<ProgramFile> {
  let file: ProgramFile;
  try {
    file = await openProgramFile(path);
  } catch (cause) {
    throw refusal("config.invalid", where, whyNotOpened(path, cause), cause);
  }
  if (file.form !== "unknown") return file;
  file.close();
  // execvp(3) gives such a file to /bin/sh.
  const why = `"${path}" is neither a program nor a script that begins with "#!"`;
  throw refusal("config.invalid", where, why);
}

function whyNotOpened(path: string, cause: unknown): string {
  if (isMissing(cause)) return `there is no "${path}"`;
  return `"${path}" cannot be opened: ${(cause as Error).message}`;
}

function refusal(
  code: "config.invalid" | "trust.changed" | "trust.writable",
  where: string,
  why: string,
  cause?: unknown,
): PluginError {
  const options = cause === undefined ? {} : { cause };
  return new PluginError(code, `Cannot grant ${where}: ${why}`, options);
}

/** What a guest may hear of an error of {@link Program.prepare}: that it happened, and no paths. */
export function forGuest(name: string, error: unknown): unknown {
  if (!(error instanceof PluginError)) return error;
  if (/^(?:capability|call)\./.test(error.code)) return error;
  const message = `Cannot start ${name}: its program is not, or no longer, what was granted`;
  return new PluginError("capability.failed", message, { cause: error });
}
