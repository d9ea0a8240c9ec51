import type { Host } from "./host.ts";
import type { EntryPoint } from "./plugin.ts";

/** Wraps methods of one contract as the entry points of a plugin. */
export interface Wrapping {
  readonly contract: string;
  /** An answer for what an author throws on purpose; undefined for any other error. */
  faultOf(thrown: unknown): object | undefined;
}

/**
 * The entry point that a method is called through.
 *
 * @throws {Error} for a request of another contract or version: its fields may mean something else
 */
export function answerOf<Request>(
  { contract, faultOf }: Wrapping,
  method: (request: Request, host: Host) => unknown,
): EntryPoint {
  const entry = (request: Request & { contract: unknown; version: unknown }, host: Host) => {
    if (request.contract !== contract || request.version !== 1) {
      const [given, version] = [request.contract, request.version].map((one) =>
        JSON.stringify(one)
      );
      throw new Error(
        `cannot answer contract ${given}, version ${version}: wanted "${contract}", version 1`,
      );
    }
    const settle = (thrown: unknown): object => {
      const fault = faultOf(thrown);
      if (fault === undefined) throw thrown;
      return fault;
    };
    try {
      const answer = method(request, host);
      // What answers with nothing has nothing more to say.
      if (isPromise(answer)) return answer.then((value) => value ?? {}, settle);
      return answer ?? {};
    } catch (thrown) {
      return settle(thrown);
    }
  };
  return entry as EntryPoint;
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}

/** Wants functions by the names of methods, and nothing else: a mistyped method is never called. */
export function checkMethods(
  what: string,
  methods: object,
  { required, optional }: {
    readonly required: readonly string[];
    readonly optional: readonly string[];
  },
): void {
  const given = methods as Record<string, unknown>;
  for (const name of required) {
    if (typeof given[name] !== "function") throw new TypeError(`${what} has no method "${name}"`);
  }
  for (const name of optional) {
    if (given[name] !== undefined && typeof given[name] !== "function") {
      throw new TypeError(`"${name}" of ${what} is no function`);
    }
  }
}
