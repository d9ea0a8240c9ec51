import { LIMITS } from "../limits.ts";
import { fileKind, readFileBounded, readPipeBounded } from "../platform/file-system.ts";
import { PluginError } from "../plugin-error.ts";
import type { Excludes } from "./exclude.ts";
import { beginsLikeObject, isConf, looksLikeDocument } from "./file-name.ts";
import { inputName } from "./input-name.ts";
import { walk, type WalkedFile } from "./walk.ts";

/** Which inputs are listed, and how much of each is read. */
export interface ListOptions {
  /** Globs of files and folders to leave out; `excludesOf` says how they are read. */
  readonly exclude?: readonly string[];
  /** A file beyond this many bytes is `input.too-large`. Default: `LIMITS.inputBytes`. */
  readonly maxBytes?: number;
  /** What the input `-` is; without it, `-` is a file's name. */
  readonly stdin?: { readonly name: string; read(): Promise<Uint8Array> };
  /** Hears of each file of a folder that is not taken for a document. */
  readonly onPassedOver?: (name: string) => void;
}

/** An input that was found, or one that was named and cannot be had: then `read` says why. */
export interface InputFile {
  /** As shown to people: as it was given, with forward slashes. */
  readonly name: string;
  /** @throws {PluginError} `input.not-found`, `.unreadable`, `.too-large`, `.empty` */
  read(): Promise<Uint8Array>;
}

/**
 * Finds what `inputs` name, in their order, each file once. An input is a file, which is read
 * whatever it is called; a folder, of which the files are taken that look like documents; or a glob,
 * of which every file is taken. What exists under a name is never read as a glob.
 *
 * An input that cannot be had is listed like any other and fails when it is read, so that one bad
 * name does not keep the rest from being judged.
 *
 * @throws {PluginError} `usage.invalid` where an `exclude` is no glob
 */
export async function* listInputs(
  inputs: readonly string[],
  options: ListOptions = {},
): AsyncIterable<InputFile> {
  const search: Search = {
    excludes: await loadExcludes(options.exclude ?? []),
    maxBytes: options.maxBytes ?? LIMITS.inputBytes,
    onPassedOver: options.onPassedOver ?? (() => {}),
  };
  const listed = new Set<string>();
  let stdin = options.stdin;
  for (const input of inputs) {
    if (input === "-" && options.stdin !== undefined) {
      // It can be read only once.
      if (stdin !== undefined) yield stdin;
      stdin = undefined;
      continue;
    }
    for await (const file of listInput(input, search)) {
      if (listed.has(file.name)) continue;
      listed.add(file.name);
      yield file;
    }
  }
}

/** {@link ListOptions}, ready for use. */
interface Search {
  readonly excludes: Excludes;
  readonly maxBytes: number;
  readonly onPassedOver: (name: string) => void;
}

async function loadExcludes(globs: readonly string[]): Promise<Excludes> {
  if (globs.length === 0) return () => false;
  return (await import("./exclude.ts")).excludesOf(globs);
}

async function* listInput(input: string, search: Search): AsyncIterable<InputFile> {
  const { excludes, maxBytes } = search;
  const name = inputName(input);
  if (excludes(name)) return;
  try {
    const kind = await fileKind(input);
    if (kind === "directory") yield* listFolder(name, search);
    else if (kind === "file") yield { name, read: () => readFileBounded(input, maxBytes) };
    else if (kind === "other") yield { name, read: () => readPipeBounded(input, maxBytes) };
    else yield* listMissing(name, search);
  } catch (error) {
    yield { name, read: () => Promise.reject(PluginError.from(error)) };
  }
}

async function* listFolder(name: string, search: Search): AsyncIterable<InputFile> {
  const { excludes, maxBytes, onPassedOver } = search;
  let found = 0;
  const wants = (name: string, fileName: string) => {
    const wanted = looksLikeDocument(fileName);
    if (!wanted) onPassedOver(name);
    return wanted;
  };
  for await (const walked of walk(name, { wants, excludes, onExcluded: () => found++ })) {
    const file = fileOf(walked, maxBytes);
    const taken = isConf(file.name) ? await readConf(file) : file;
    if (taken === undefined) {
      onPassedOver(file.name);
      continue;
    }
    found++;
    yield taken;
  }
  if (found === 0) {
    const why = "the folder holds no file that looks like a document; " +
      "a file that is named itself is always read";
    yield failing(name, "input.empty", why);
  }
}

/** A `.conf` that may be a document, already read; undefined for any other. */
async function readConf({ name, read }: InputFile): Promise<InputFile | undefined> {
  try {
    const bytes = await read();
    return beginsLikeObject(bytes) ? { name, read: () => Promise.resolve(bytes) } : undefined;
  } catch (error) {
    return { name, read: () => Promise.reject(error) };
  }
}

/** What does not exist under its name: a glob, or a mistake. */
async function* listMissing(
  name: string,
  { excludes, maxBytes }: Search,
): AsyncIterable<InputFile> {
  // The glob library is loaded only where an input needs it: most runs name files that exist.
  const { isGlob, walkGlob } = await import("./walk-glob.ts");
  if (!isGlob(name)) {
    yield failing(name, "input.not-found", "there is no such file or folder");
    return;
  }
  let found = 0;
  for await (const file of walkGlob(name, excludes, () => found++)) {
    found++;
    yield fileOf(file, maxBytes);
  }
  if (found === 0) yield failing(name, "input.not-found", "no file matches this glob");
}

function fileOf({ name, error }: WalkedFile, maxBytes: number): InputFile {
  return {
    name,
    read: () => error === undefined ? readFileBounded(name, maxBytes) : Promise.reject(error),
  };
}

function failing(name: string, code: "input.not-found" | "input.empty", why: string): InputFile {
  const error = new PluginError(code, `Cannot read "${name}": ${why}`);
  return { name, read: () => Promise.reject(error) };
}
