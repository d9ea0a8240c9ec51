import type { TestedPlugin } from "./bench.ts";

/** A test function of an author's. */
export type TestFunction = (plugin: TestedPlugin) => void | Promise<void>;

/** Hears of the tests of the file that is being loaded. */
export interface Registry {
  readonly version: 1;
  add(name: string, run: TestFunction): void;
}

/**
 * Where the runner waits for tests. On the global object: the module that a test file imports need not
 * be the runner's own copy of it, since the command can be installed in another place than the library.
 */
const PLACE = Symbol.for("cofferdam.test.registry");

type Holder = { [PLACE]?: Registry | undefined };

/** Who collects tests now; undefined outside of a run. */
export function currentRegistry(): Registry | undefined {
  return (globalThis as Holder)[PLACE];
}

/** Collects what `load` registers. */
export async function collectTests(
  load: () => Promise<void>,
): Promise<{ readonly name: string; readonly run: TestFunction }[]> {
  const tests: { name: string; run: TestFunction }[] = [];
  const holder = globalThis as Holder;
  const registry: Registry = { version: 1, add: (name, run) => void tests.push({ name, run }) };
  holder[PLACE] = registry;
  try {
    await load();
  } finally {
    if (holder[PLACE] === registry) holder[PLACE] = undefined;
  }
  return tests;
}
