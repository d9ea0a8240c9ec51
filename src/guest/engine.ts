/**
 * What the module around this program gives it: functions of `src/build/engine/glue.wat`, named by
 * letters, which are taken off the global object as soon as the program starts.
 */
interface Engine {
  /**
   * Asks the host.
   *
   * @param slot Which of the plugin's imports is called.
   * @param raw 1 for the answer as bytes, 0 as text.
   */
  ask(slot: number, request: string | Uint8Array, raw: 0 | 1): string | Uint8Array;
  /** Writes a line by Extism's functions. @param level 0 debug, 1 info, 2 warn, 3 error */
  log(level: number, text: string): void;
  /** Says what is called for the words of what was thrown. */
  describe(describe: (thrown: unknown) => string): void;
  /** Says what is called for a request, and for its answer as text once no job is left. */
  register(dispatch: (entry: number, request: unknown) => void, finish: () => string): void;
}

function take(letter: string): (...args: never[]) => unknown {
  const name = `$engine:${letter}`;
  const globals = globalThis as unknown as Record<string, (...args: never[]) => unknown>;
  const found = globals[name]!;
  delete globals[name];
  return found;
}

/** The one module that this program runs in. */
export const engine: Engine = {
  ask: take("a") as Engine["ask"],
  describe: take("d") as Engine["describe"],
  log: take("l") as Engine["log"],
  register: take("r") as Engine["register"],
};
