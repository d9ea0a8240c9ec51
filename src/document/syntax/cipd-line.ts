import type { SourceText } from "../source-text.ts";

/** A line of one of CIPD's text formats, white space around it taken off. */
export interface CipdLine {
  readonly text: string;
  readonly offset: number;
}

/** The lines of a file that are no comments; blank ones are among them. */
export function cipdLines(source: SourceText): CipdLine[] {
  const lines: CipdLine[] = [];
  let offset = 0;
  for (const line of source.text.split("\n")) {
    const text = line.trim();
    if (!text.startsWith("#")) {
      lines.push({ text, offset: offset + line.length - line.trimStart().length });
    }
    offset += line.length + 1;
  }
  return lines;
}
