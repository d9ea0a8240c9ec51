/**
 * Where the program is. Its top level runs once, when the plugin is built, and what is then in memory
 * goes into the file; so nothing of the outside may be looked at there.
 */
export const phase: {
  isBuilding: boolean;
  /** Milliseconds since 1970, as the request says; undefined where it does not. */
  now: number | undefined;
} = { isBuilding: true, now: undefined };

/** What is refused at the top level has this name, by which the builder knows it. */
export class TopLevelError extends Error {
  override readonly name = "TopLevelError";
}

/** @throws {TopLevelError} while the plugin is built */
export function refuseAtTopLevel(what: string): void {
  if (!phase.isBuilding) return;
  throw new TopLevelError(
    `${what} cannot be used at the top level, which runs once, when the plugin is built: ` +
      "use it in the function that answers a request",
  );
}
