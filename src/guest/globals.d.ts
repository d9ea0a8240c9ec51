/**
 * The one global of a plugin that no library of TypeScript's without the DOM declares. Merges with the
 * declaration of the same names where there is one.
 */
interface Console {
  debug(...values: unknown[]): void;
  error(...values: unknown[]): void;
  info(...values: unknown[]): void;
  log(...values: unknown[]): void;
  trace(...values: unknown[]): void;
  warn(...values: unknown[]): void;
}
// deno-lint-ignore no-var
declare var console: Console;
