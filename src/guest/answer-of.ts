import { describeValue } from "./describe.ts";
import type { Host } from "./host.ts";
import { json, objects } from "./intrinsics.ts";
import type { EntryPoint, GuestPlugin } from "./plugin.ts";

/** Wraps methods of one contract as the entry points of a plugin. */
export interface Wrapping {
  readonly contract: GuestPlugin["contract"];
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
        json.stringify(one)
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

/** The methods of a contract, as an author writes them: `createEndpoint`. */
export interface ContractForm extends Wrapping {
  /** What has the methods, in words for messages. */
  readonly what: string;
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

/**
 * Makes the entry points of an object with a contract's methods: `createEndpoint` is called through
 * `<contract>_create_endpoint`.
 *
 * @throws {TypeError} Where it lacks a method, or has one that there is not.
 */
export function entriesOf(methods: object, form: ContractForm): Record<string, EntryPoint> {
  checkMethods(form.what, methods, form);
  const given = methods as Record<string, (request: never, host: Host) => unknown>;
  const names = [...form.required, ...form.optional].filter((name) => given[name] !== undefined);
  const entries = names.map((name) => {
    const method = given[name]!;
    const snakeCase = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    return [
      `${form.contract}_${snakeCase}`,
      answerOf(form, (request: never, host) => method.call(methods, request, host)),
    ] as const;
  });
  return objects.fromEntries(entries);
}

/**
 * Wants functions by the names of methods, and no other function: a mistyped method would never be
 * called. What is no function may be there beside them, as the fields of a class.
 */
export function checkMethods(
  what: string,
  methods: object,
  { required, optional }: {
    readonly required: readonly string[];
    readonly optional: readonly string[];
  },
): void {
  if (typeof methods !== "object" || methods === null) {
    throw new TypeError(`${what} is ${describeValue(methods)}, wanted an object`);
  }
  const given = methods as Record<string, unknown>;
  for (const name of required) {
    if (typeof given[name] !== "function") throw new TypeError(`${what} has no method "${name}"`);
  }
  for (const name of optional) {
    if (given[name] !== undefined && typeof given[name] !== "function") {
      throw new TypeError(`"${name}" of ${what} is no function`);
    }
  }
  const known = [...required, ...optional];
  const unknown = functionNames(methods).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new TypeError(
    `${what} has a function "${unknown}", which nothing calls; it may have: ${known.join(", ")}` +
      ` (a class names its own helpers with "#")`,
  );
}

/** Of an object and of the classes that it is of. */
function functionNames(methods: object): string[] {
  const names: string[] = [];
  let owner: object | null = methods;
  while (owner !== null && owner !== Object.prototype) {
    for (const [name, { value }] of objects.entries(objects.getOwnPropertyDescriptors(owner))) {
      if (typeof value === "function" && name !== "constructor") names.push(name);
    }
    owner = objects.getPrototypeOf(owner) as object | null;
  }
  return names;
}
