import { createHost, type Slots } from "./create-host.ts";
import { describeValue } from "./describe.ts";
import { engine } from "./engine.ts";
import { isArray, json, objects, parseDate } from "./intrinsics.ts";
import { phase } from "./phase.ts";
import type { EntryPoint, GuestPlugin } from "./plugin.ts";

/**
 * What the builder asks about the program, once its top level has run. The program is the author's, so
 * the builder reads it as it reads any input.
 */
export interface Description {
  /** What the default export is, where it is no plugin. */
  readonly instead?: string;
  readonly plugins: readonly {
    readonly contract: string;
    /** Names of exports; the position in the list of all of them is the entry's number. */
    readonly exports: readonly string[];
  }[];
}

/** What an entry point answered, or how its promise ended. */
type Outcome = { readonly value: unknown } | { readonly thrown: unknown };

/**
 * Makes the default export of the author's module what the plugin's exports call.
 *
 * @returns JSON of a {@link Description}, the value of the whole program.
 */
export function serve(exported: unknown, slots: Slots): string {
  const host = createHost(slots);
  const list = isArray(exported) ? exported : [exported];
  const stranger = list.length === 0 ? "an empty array" : list.map(whyNoPlugin).find(Boolean);
  const plugins = stranger === undefined ? list as GuestPlugin[] : [];
  const entries: [string, EntryPoint][] = plugins.flatMap((p) => objects.entries(p.exports));
  let running = "";
  let outcome: Outcome | undefined;
  const dispatch = (entry: number, request: unknown): void => {
    phase.isBuilding = false;
    phase.now = timeOf(request);
    outcome = undefined;
    const [name, answer] = entries[entry]!;
    running = name;
    const result = answer(request as never, host);
    if (isPromise(result)) {
      result.then((value) => outcome = { value }, (thrown) => outcome = { thrown });
    } else outcome = { value: result };
  };
  // Not before: a job that nobody waits for may still add a reason to the answer.
  const finish = (): string => {
    if (outcome === undefined) {
      throw new Error(
        `"${running}" returned a promise that nothing settles: nothing here can wait`,
      );
    }
    if ("thrown" in outcome) throw outcome.thrown;
    return encode(running, outcome.value);
  };
  engine.register(dispatch, finish);
  const description: Description = {
    ...(stranger === undefined ? {} : { instead: stranger }),
    plugins: plugins.map((p) => ({ contract: p.contract, exports: objects.keys(p.exports) })),
  };
  return json.stringify(description);
}

function whyNoPlugin(value: unknown): string | undefined {
  const { contract, exports } = (value ?? {}) as Partial<GuestPlugin>;
  const isPlugin = typeof contract === "string" && typeof exports === "object" &&
    exports !== null && objects.values(exports).every((entry) => typeof entry === "function");
  if (isPlugin) return undefined;
  return typeof value === "function" ? "a function" : describeValue(value).slice(0, 100);
}

function timeOf(request: unknown): number | undefined {
  const { now } = (request ?? {}) as { now?: unknown };
  const time = typeof now === "string" ? parseDate(now) : NaN;
  return Number.isNaN(time) ? undefined : time;
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null &&
    typeof (value as { then?: unknown }).then === "function";
}

function encode(name: string, value: unknown): string {
  const text = json.stringify(value);
  if (text !== undefined) return text;
  throw new TypeError(`"${name}" returned ${describeValue(value)}, wanted an object`);
}
