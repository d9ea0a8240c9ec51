/** Text of a document for a message: at most `length` UTF-16 units of it. */
export function shorten(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}

/** The same in quotes. */
export function quote(text: string, length = 100): string {
  return `"${shorten(text, length)}"`;
}
