import type { Document, Evidence } from "../document/document.ts";
import { inputName } from "../input/input-name.ts";
import type { ReadResult } from "../input/read.ts";
import { fileKind, resolvePath } from "../platform/file-system.ts";
import { PluginError } from "../plugin-error.ts";
import { usage } from "./flags.ts";
import { type JudgeOptions, unreadableResult } from "./judge.ts";
import { emptyInput, type Judged, judgeOne } from "./judge-inputs.ts";

/** The input that `--combine` names. */
export interface CombineSubject {
  /** As it was written; it has to be the first of the inputs that are read. */
  readonly argument: string;
  /** As reports name it. */
  readonly name: string;
  /** Its path without links; undefined for standard input and for what is not there. */
  readonly realPath: string | undefined;
}

/**
 * Finds out what `--combine` means.
 *
 * @param stdinName What standard input is called.
 * @throws {PluginError} `usage.invalid` for a folder, which is no one subject
 */
export async function resolveSubject(argument: string, stdinName: string): Promise<CombineSubject> {
  if (argument === "-") return { argument, name: stdinName, realPath: undefined };
  if (await fileKind(argument).catch(() => undefined) === "directory") {
    throw usage(`"--combine ${argument}" names a folder, wanted one file or "-"`);
  }
  const realPath = await resolvePath(argument).catch(() => undefined);
  return { argument, name: inputName(argument), realPath };
}

/**
 * Judges the documents of one input, with those of all others as evidence about it. The subject is
 * never evidence about itself, by whatever path it is named again.
 *
 * @param inputs The subject's first.
 */
export async function* judgeCombined(
  inputs: AsyncIterable<ReadResult>,
  subject: CombineSubject,
  options: JudgeOptions,
): AsyncIterable<Judged> {
  const about: Document[] = [];
  const others: Document[] = [];
  let isFirst = true;
  for await (const input of inputs) {
    const isSubject = isFirst && input.name === subject.name;
    if (isFirst && !isSubject) yield notFound(subject);
    isFirst = false;
    if (!input.ok) {
      const isMissing = isSubject && input.error.code === "input.not-found";
      yield isMissing
        ? notFound(subject)
        : { results: [unreadableResult(input.name, input.error)] };
    } else if (input.documents.length === 0) yield emptyInput(input.name);
    else if (isSubject) about.push(...input.documents);
    else if (!(await isSameFile(input.name, subject))) others.push(...input.documents);
  }
  if (isFirst) yield notFound(subject);
  const evidence = others.map((document): Evidence => ({
    mediaType: document.mediaType,
    digest: document.inputDigest,
    verified: false,
    body: document.object,
  }));
  for (const document of about) yield await judgeOne(document, options, evidence);
}

async function isSameFile(name: string, { realPath }: CombineSubject): Promise<boolean> {
  return realPath !== undefined &&
    await resolvePath(name).catch(() => undefined) === realPath;
}

function notFound({ name }: CombineSubject): Judged {
  const error = new PluginError(
    "input.not-found",
    `Cannot read "${name}": the subject of "--combine" was not found; wanted one file that is ` +
      'there and not excluded, or "-"',
  );
  return { results: [unreadableResult(name, error)] };
}
