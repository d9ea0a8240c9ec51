import { PluginError } from "../plugin-error.ts";

/** The first Deno that closes the descriptor of a Unix socket once. */
const WANTED = [2, 9, 6] as const;

/**
 * Refuses a Deno before 2.9.6 as a server of Unix sockets: it closes each connection's descriptor twice, and
 * so whatever another thread has opened by that number in between, as SQLite does.
 *
 * @param version Of Deno; undefined on another runtime.
 * @throws {PluginError} `usage.invalid`
 */
export function checkDenoSockets(version: string | undefined = ownVersion()): void {
  if (version === undefined) return;
  const numbers = version.split(/[.+-]/, 3).map(Number);
  for (const [at, wanted] of WANTED.entries()) {
    const number = numbers[at] ?? NaN;
    if (number > wanted) return;
    if (number < wanted || Number.isNaN(number)) throw tooOld(version);
  }
}

function tooOld(version: string): PluginError {
  const message =
    `Cannot listen at a Unix socket on Deno ${version}: it closes their descriptors ` +
    `twice, and files of others with them; wanted Deno ${WANTED.join(".")} or newer`;
  return new PluginError("usage.invalid", message);
}

function ownVersion(): string | undefined {
  return (globalThis as { Deno?: { version: { deno: string } } }).Deno?.version.deno;
}
