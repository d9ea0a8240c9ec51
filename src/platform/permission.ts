/**
 * The flag of the runtime that would have allowed what failed (`--allow-write`); undefined where the
 * runtime refused nothing. Deno names it in the message of its `NotCapable`, also through Node's modules.
 */
export function missingPermission(error: unknown): string | undefined {
  if (!(error instanceof Error) || error.name !== "NotCapable") return undefined;
  return /--allow-[a-z]+/.exec(error.message)?.[0] ?? "--allow-all";
}

/**
 * Asks for leave to start programs; Deno may ask its user. Who starts one without it may hear of
 * something else that then goes wrong.
 *
 * @returns The flag that would give it; undefined where it is given.
 */
export async function missingRunPermission(): Promise<string | undefined> {
  const { Deno: deno } = globalThis as {
    Deno?: { permissions: { request(wanted: { name: "run" }): Promise<{ state: string }> } };
  };
  const answer = await deno?.permissions.request({ name: "run" });
  return answer === undefined || answer.state === "granted" ? undefined : "--allow-run";
}
