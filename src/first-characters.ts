/**
 * The beginning of a text, and nothing of a surrogate pair that does not fit in whole.
 *
 * @param maxLength In UTF-16 code units; a shorter text is given as it is.
 */
export function firstCharacters(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  return text.slice(0, maxLength).replace(/[\ud800-\udbff]$/, "");
}
