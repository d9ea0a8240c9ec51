import { CAPABILITIES, type CapabilityName, type Manifest } from "../bundle/manifest.ts";
import { encodeAnswer, encodeError } from "../capability/answer.ts";
import { directoryOver } from "../capability/directory.ts";
import { FUNCTION_NAMES } from "../capability/function-names.ts";
import type { HostFunction, OpenedCapability } from "../capability/host-function.ts";
import { metadata } from "../capability/metadata.ts";
import type {
  MetadataEntry,
  MetadataPage,
  MetadataRequest,
} from "../capability/metadata-provider.ts";
import { STATE_BOUNDS, stateOver } from "../capability/state.ts";
import type { Grants } from "../capability/table.ts";
import { parseGuestJson } from "../contract/guest-json.ts";
import type { OpenCapability } from "../host/grants.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import { PluginError } from "../plugin-error.ts";
import { MemoryDirectory } from "./memory-directory.ts";
import { MemoryState } from "./memory-state.ts";

/** What needs a grant. */
const GRANTED = CAPABILITIES.filter((name) => name !== "log");

/** Answers for a function of a capability: the `ok` of its answer, or a `PluginError` as its refusal. */
export type FakeAnswer = (request: JsonObject) => JsonValue | Promise<JsonValue>;

/**
 * What stands in for the host. A capability that is not named here holds nothing: an empty state, an
 * empty folder, no metadata, and programs (`exec`, `delegate`) that nobody granted.
 */
export interface Fakes {
  /** What the state holds at first. */
  readonly state?: Readonly<Record<string, string>> | undefined;
  /** Children of the granted folder at first. */
  readonly directory?: readonly string[] | undefined;
  /** What is known of every package, or a source of metadata. */
  readonly metadata?:
    | readonly MetadataEntry[]
    | ((request: MetadataRequest) => MetadataPage | Promise<MetadataPage>)
    | undefined;
  /** Answers by the names of functions: `exec_run`. They count before all others. */
  readonly answers?: Readonly<Record<string, FakeAnswer>> | undefined;
}

/** A capability's function that a plugin asked, and what it was answered. */
export interface FakeCall {
  readonly function: string;
  readonly request: JsonValue;
  /** Bytes of blobs are not shown. */
  readonly answer: JsonValue;
}

/** What a load of one plugin is granted in a test, and what came of it. */
export class FakeHost {
  readonly calls: FakeCall[] = [];
  readonly state: MemoryState;
  readonly directory: MemoryDirectory;
  /** What an author's own answer threw that is no refusal; the test is to fail with it. */
  fault: unknown;
  readonly #fakes: Fakes;

  /** @throws {PluginError} `test.case-invalid` for an answer of what no capability has */
  constructor(fakes: Fakes = {}) {
    this.#fakes = fakes;
    this.state = new MemoryState(fakes.state);
    this.directory = new MemoryDirectory(fakes.directory);
    for (const name of Object.keys(fakes.answers ?? {})) checkAnswerable(name);
  }

  /** Grants of everything that a manifest asks for, to be opened by {@link openFake}. */
  grants(manifest: Manifest): Grants {
    const asked = GRANTED.filter((name) => manifest.capabilities?.includes(name));
    return Object.fromEntries(asked.map((name) => [name, this])) as unknown as Grants;
  }

  /** Opens one capability. */
  async open(name: CapabilityName, ...[, plugin]: OpenArguments): Promise<OpenedCapability> {
    const opened = await this.#openOwn(name, plugin);
    const { answers = {} } = this.#fakes;
    const functions = FUNCTION_NAMES[name].map((fn) => {
      const own = opened.functions.find((item) => item.name === fn);
      const answer = Object.hasOwn(answers, fn) ? answers[fn] : undefined;
      if (answer !== undefined) return this.#watch(this.#answering(name, fn, answer));
      return this.#watch(own ?? refusing(name, fn));
    });
    return { functions, close: opened.close };
  }

  async #openOwn(name: CapabilityName, plugin: OpenArguments[1]): Promise<OpenedCapability> {
    const nothing = () => Promise.resolve();
    switch (name) {
      case "state":
        // A test may write as fast as it likes, so that it never depends on a clock.
        return stateOver(this.state, { ...STATE_BOUNDS, writesPerSecond: 1_000_000 }, nothing);
      case "directory":
        return directoryOver(this.directory);
      case "metadata":
        return await metadata.open({ provider: { list: this.#listMetadata } }, plugin);
      default:
        return { functions: [], close: nothing };
    }
  }

  #listMetadata = async (request: MetadataRequest): Promise<MetadataPage> => {
    const { metadata: source = [] } = this.#fakes;
    if (typeof source !== "function") return { entries: source };
    try {
      return await source(request);
    } catch (thrown) {
      if (!isRefusal(thrown)) this.fault ??= thrown;
      throw thrown;
    }
  };

  #answering(capability: CapabilityName, name: string, answer: FakeAnswer): HostFunction {
    return {
      capability,
      name,
      answer: async (bytes) => {
        try {
          return encodeAnswer({ ok: await answer(jsonOf(bytes) as JsonObject) });
        } catch (thrown) {
          if (!isRefusal(thrown)) this.fault ??= thrown;
          return encodeError(name, thrown);
        }
      },
    };
  }

  #watch(fn: HostFunction): HostFunction {
    const { capability, name } = fn;
    return {
      capability,
      name,
      answer: async (bytes, call) => {
        const answer = await fn.answer(bytes, call);
        this.calls.push({ function: name, request: jsonOf(bytes), answer: jsonOf(answer) });
        return answer;
      },
    };
  }
}

type OpenArguments = [grant: unknown, plugin: Parameters<OpenCapability>[2]];

/** Opens what {@link FakeHost.grants} granted. */
export const openFake: OpenCapability = (name, grant, plugin) =>
  (grant as FakeHost).open(name, grant, plugin);

/** An answer that called the plugin is a mistake of the test's, not what a host would say. */
function isRefusal(thrown: unknown): boolean {
  return thrown instanceof PluginError && thrown.code.startsWith("capability.") &&
    thrown.code !== "capability.reentrant";
}

function refusing(capability: CapabilityName, name: string): HostFunction {
  const refusal = new PluginError(
    "capability.denied",
    `Cannot answer "${name}": the test says nothing of it`,
  );
  return { capability, name, answer: () => Promise.resolve(encodeError(name, refusal)) };
}

function checkAnswerable(name: string): void {
  const known = GRANTED.flatMap((granted) => FUNCTION_NAMES[granted]);
  if (known.includes(name)) return;
  throw new PluginError(
    "test.case-invalid",
    `Cannot answer "${name}": no capability has such a function; wanted one of ${known.join(", ")}`,
    { details: { word: name, candidates: known } },
  );
}

/** A request or an answer as a value; null for what is no JSON. */
function jsonOf(bytes: Uint8Array): JsonValue {
  try {
    return parseGuestJson(bytes);
  } catch {
    return null;
  }
}
