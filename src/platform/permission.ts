/**
 * The flag of the runtime that would have allowed what failed (`--allow-write`); undefined where the
 * runtime refused nothing. Deno names it in the message of its `NotCapable`, also through Node's modules.
 */
export function missingPermission(error: unknown): string | undefined {
  if (!(error instanceof Error) || error.name !== "NotCapable") return undefined;
  return /--allow-[a-z]+/.exec(error.message)?.[0] ?? "--allow-all";
}
