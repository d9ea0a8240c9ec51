/** The value of a writer's `n`th key: long enough to take several pages, and told apart from others. */
export function writtenValue(prefix: string, n: number): string {
  return `${prefix}:${n};`.repeat(1 + (n % 7) * 100);
}
