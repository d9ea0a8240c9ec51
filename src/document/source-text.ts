import { type ErrorCode, PluginError } from "../plugin-error.ts";
import type { Position } from "./document.ts";

/** The decoded text of one input, with offsets (UTF-16 code units) turned into lines and columns. */
export class SourceText {
  /** The input's name, as the caller gave it. */
  readonly name: string;
  readonly text: string;
  #lineStarts: number[] | undefined;

  constructor(name: string, text: string) {
    this.name = name;
    this.text = text;
  }

  /** CR LF, LF and a lone CR each end a line. The table of lines is built at the first question. */
  positionAt(offset: number): Position {
    const starts = this.#lineStarts ??= lineStarts(this.text);
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: Math.min(offset, this.text.length) - starts[low]! + 1 };
  }

  /** An error about the text at `offset`, for the caller to throw. */
  fault(code: ErrorCode, message: string, offset: number, cause?: unknown): PluginError {
    const { line, column } = this.positionAt(offset);
    return new PluginError(code, message, {
      details: { line, column },
      ...(cause === undefined ? {} : { cause }),
    });
  }
}

function lineStarts(text: string): number[] {
  const starts = [0];
  const breaks = /\r\n|\r|\n/g;
  while (breaks.exec(text) !== null) starts.push(breaks.lastIndex);
  return starts;
}

/** A piece of hostile text for a message: quoted as JSON, cut to a length people can read. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
