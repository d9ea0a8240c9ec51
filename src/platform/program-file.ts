import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, read, readSync, statSync } from "node:fs";
import { realpath } from "node:fs/promises";
import process from "node:process";
import { foreignWriter } from "./foreign-writer.ts";

/** What the kernel would make of a file: machine code, a `#!` line, or neither. */
export type ProgramForm = "binary" | "script" | "unknown";

/** A program that is held open, so that what is looked at is what runs. */
export interface ProgramFile {
  /** Without links, as it was when the file was opened. */
  readonly path: string;
  readonly form: ProgramForm;
  /** The interpreter that a script's first line names. */
  readonly interpreter?: string | undefined;
  /** `sha256:<hex>` of the content as it is now. */
  hash(): Promise<string>;
  /** Changes whenever content, size or links of the file do. */
  stamp(): { readonly text: string; readonly changedAtMs: number };
  /** What lets others change the content; see `findForeignWriter`. The folders do not matter here. */
  foreignWriter(): string | undefined;
  /** A path under which a child executes this open file; undefined where the system has none. */
  executablePath(): string | undefined;
  close(): void;
}

/** Opens a program. Throws what the system throws, and an Error for what is no regular file. */
export async function openProgramFile(given: string): Promise<ProgramFile> {
  const path = await realpath(given);
  // O_NONBLOCK: opening a FIFO that nobody writes to must not hang before we see what it is.
  const fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    if (!fstatSync(fd).isFile()) throw new Error("it is not a regular file");
    const head = new Uint8Array(HEAD_BYTES);
    const start = head.subarray(0, readSync(fd, head, 0, head.length, 0));
    return new OpenProgram(fd, path, formOf(start), interpreterOf(start));
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** What the kernel reads of a file to see what it is (BINPRM_BUF_SIZE). */
const HEAD_BYTES = 256;

const ELF = [0x7f, 0x45, 0x4c, 0x46];
/** Mach-O in both byte orders and widths, and several of them in one file. */
const MACH_O = new Set([0xfeedface, 0xfeedfacf, 0xcefaedfe, 0xcffaedfe, 0xcafebabe]);

function formOf(head: Uint8Array): ProgramForm {
  if (head[0] === 0x23 && head[1] === 0x21) return "script";
  if (ELF.every((byte, index) => head[index] === byte)) return isElf(head) ? "binary" : "unknown";
  if (head.length < 4) return "unknown";
  const magic = new DataView(head.buffer, head.byteOffset).getUint32(0);
  return MACH_O.has(magic) ? "binary" : "unknown";
}

/**
 * Whether the header is whole and of a program. The kernel takes no other, and then execvp(3) would give
 * the file to /bin/sh: one that is being written, for instance.
 *
 * @see elf(5)
 */
function isElf(head: Uint8Array): boolean {
  const is64 = head[4] === 2;
  if (head.length < (is64 ? 64 : 52)) return false;
  const isLittle = head[5] === 1;
  const type = new DataView(head.buffer, head.byteOffset).getUint16(16, isLittle);
  return type === ET_EXEC || type === ET_DYN;
}

const ET_EXEC = 2;
const ET_DYN = 3;

function interpreterOf(head: Uint8Array): string | undefined {
  const line = new TextDecoder("latin1").decode(head).split("\n")[0]!;
  return /^#![ \t]*([^ \t\0]+)/.exec(line)?.[1];
}

class OpenProgram implements ProgramFile {
  readonly #fd: number;
  readonly path: string;
  readonly form: ProgramForm;
  readonly interpreter: string | undefined;
  #users = 0;
  #closing = false;
  #closed = false;

  constructor(fd: number, path: string, form: ProgramForm, interpreter: string | undefined) {
    this.#fd = fd;
    this.path = path;
    this.form = form;
    this.interpreter = interpreter;
  }

  async hash(): Promise<string> {
    this.#checkOpen();
    const hash = createHash("sha256");
    const buffer = new Uint8Array(256 * 1024);
    // Its number must not become another file's while a read is under way.
    this.#users++;
    try {
      // No further than it was long at first: who goes on writing must not keep us here.
      const { size } = fstatSync(this.#fd);
      for (let position = 0; position < size;) {
        const length = await readAt(this.#fd, buffer, position);
        if (length === 0) break;
        hash.update(buffer.subarray(0, length));
        position += length;
      }
      return `sha256:${hash.digest("hex")}`;
    } finally {
      this.#users--;
      if (this.#closing) this.close();
    }
  }

  stamp(): { text: string; changedAtMs: number } {
    this.#checkOpen();
    const { size, mtimeNs, ctimeNs, nlink } = fstatSync(this.#fd, { bigint: true });
    const text = [size, mtimeNs, ctimeNs, nlink].join(" ");
    return { text, changedAtMs: Number(ctimeNs / 1_000_000n) };
  }

  foreignWriter(): string | undefined {
    this.#checkOpen();
    return foreignWriter(this.path, fstatSync(this.#fd), false);
  }

  executablePath(): string | undefined {
    this.#checkOpen();
    // A binary: the child finds the descriptor in its own table, where it still is until the kernel has
    // taken the program over; this works for another user too. A script: its interpreter opens the path
    // again later, when only our own table has it.
    const own = `/proc/self/fd/${this.#fd}`;
    const path = this.form === "script" ? `/proc/${process.pid}/fd/${this.#fd}` : own;
    try {
      const here = fstatSync(this.#fd, { bigint: true });
      const there = statSync(path, { bigint: true });
      return here.ino === there.ino && here.dev === there.dev ? path : undefined;
    } catch {
      return undefined;
    }
  }

  close(): void {
    this.#closing = true;
    if (this.#users > 0 || this.#closed) return;
    this.#closed = true;
    closeSync(this.#fd);
  }

  /** A number that was closed may be another file's by now. */
  #checkOpen(): void {
    if (this.#closing) throw new Error(`"${this.path}" was closed`);
  }
}

function readAt(fd: number, buffer: Uint8Array, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, buffer, 0, buffer.length, position, (error, bytesRead) => {
      if (error) reject(error);
      else resolve(bytesRead);
    });
  });
}
