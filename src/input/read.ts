import type { Document } from "../document/document.ts";
import type { DocumentKind } from "../document/kind.ts";
import { parseDocuments } from "../document/parse.ts";
import { sha256Sync } from "../platform/hash.ts";
import { LIMITS } from "../limits.ts";
import { PluginError } from "../plugin-error.ts";
import { type InputFile, listInputs, type ListOptions } from "./list.ts";

/** How inputs are found, read and understood. */
export interface ReadOptions extends ListOptions {
  /** What every input is taken for; without it, each is recognised by its content. */
  readonly kind?: DocumentKind;
  /** Ends the reading before the next file with `call.aborted`. */
  readonly signal?: AbortSignal;
}

/** The documents of one input, or why there are none. */
export type ReadResult =
  | { readonly ok: true; readonly name: string; readonly documents: readonly Document[] }
  | { readonly ok: false; readonly name: string; readonly error: PluginError };

/**
 * Reads inputs one after the other; one that cannot be found, read or parsed does not end it.
 *
 * @param inputs Files, folders and globs, as {@link listInputs} reads them.
 * @throws {PluginError} `call.aborted`; `usage.invalid` where an `exclude` is no glob
 */
export async function* readInputs(
  inputs: string | readonly string[],
  options: ReadOptions = {},
): AsyncIterable<ReadResult> {
  const { kind, signal, maxBytes = LIMITS.inputBytes } = options;
  const named = typeof inputs === "string" ? [inputs] : inputs;
  checkSignal(signal);
  for await (const file of listInputs(named, options)) {
    checkSignal(signal);
    yield await readInput(file, kind, maxBytes);
  }
}

/**
 * Reads inputs and gives their documents.
 *
 * @param inputs Files, folders and globs, as {@link listInputs} reads them.
 * @throws {PluginError} `input.*` and `document.*` at the first input that has none to give;
 *   `call.aborted`; `usage.invalid` where an `exclude` is no glob
 */
export async function* readDocuments(
  inputs: string | readonly string[],
  options: ReadOptions = {},
): AsyncIterable<Document> {
  for await (const result of readInputs(inputs, options)) {
    if (!result.ok) throw result.error;
    yield* result.documents;
  }
}

async function readInput(
  file: InputFile,
  kind: DocumentKind | undefined,
  maxBytes: number,
): Promise<ReadResult> {
  const { name } = file;
  try {
    const bytes = await file.read();
    const documents = await parseDocuments(bytes, {
      name,
      digest: sha256Sync(bytes),
      limits: { ...LIMITS, inputBytes: maxBytes },
      ...(kind === undefined ? {} : { kind }),
    });
    return { ok: true, name, documents };
  } catch (error) {
    return { ok: false, name, error: PluginError.from(error) };
  }
}

function checkSignal(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new PluginError("call.aborted", "Reading the inputs was aborted", {
      cause: signal.reason,
    });
  }
}
