import canonicalize from "canonicalize";
import type { Bundle } from "../bundle/bundle.ts";
import type { Manifest } from "../bundle/manifest.ts";
import type { Verdict } from "../contract/admission.ts";
import { createHostWith, type Host } from "../host/host.ts";
import { openPluginFile } from "../host/open-plugin-file.ts";
import type { LoadOptions, Plugin } from "../host/plugin.ts";
import type { PluginLogLine } from "../host/prepare.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import { PluginError } from "../plugin-error.ts";
import { type FakeCall, FakeHost, type Fakes, openFake } from "./fake-host.ts";
import { documentOf, type Question } from "./question.ts";

/** How a plugin is called in a test. */
export interface AskOptions {
  /** The operator's settings; the default is `{}`. */
  readonly settings?: JsonValue | undefined;
  /** The time that the plugin sees, RFC 3339 in UTC; the default is the time of the call. */
  readonly now?: string | undefined;
}

/** The plugin under test, in the real sandbox, with what stands in for its host. */
export interface TestedPlugin {
  readonly manifest: Manifest;
  /** Functions of capabilities that it asked so far, in their order. */
  readonly calls: readonly FakeCall[];
  /** What its state holds now. */
  readonly state: Readonly<Record<string, string>>;
  /** The children of its granted folder now. */
  readonly directory: readonly string[];
  /**
   * Asks it about a document.
   *
   * @returns The normalised verdict, as every caller of the host gets it.
   * @throws {PluginError} `contract.*`, `sandbox.*`, `document.*`; what a fake threw, as it is
   */
  check(question: Question & AskOptions): Promise<Verdict>;
  /**
   * Calls an entry point of another contract: `volume_create`.
   *
   * @param request Its own fields; contract, version, settings and time are added.
   * @throws {PluginError} as `check` does
   */
  call(entry: string, request: JsonObject, options?: AskOptions): Promise<JsonValue>;
  /** The same plugin with another host, which knows nothing of what this one was asked. */
  with(fakes: Fakes): TestedPlugin;
}

/** How a bench is made. */
export interface BenchOptions {
  readonly limits?: Pick<LoadOptions, "fuel" | "timeoutMs" | "memoryPages"> | undefined;
  readonly onLog?: ((line: PluginLogLine) => void) | undefined;
  /** Ends what runs. */
  readonly signal?: AbortSignal | undefined;
}

/** Where a plugin is tested: one host, and the plugin loaded once for all settings and fakes that need it. */
export class Bench {
  readonly manifest: Manifest;
  readonly digest: string;
  readonly #host: Host;
  readonly #bundle: Bundle;
  readonly #options: BenchOptions;
  /** A plugin that asks the host for nothing is the same in every test. */
  readonly #shared = new Map<string, Promise<Plugin>>();

  private constructor(host: Host, bundle: Bundle, options: BenchOptions) {
    this.#host = host;
    this.#bundle = bundle;
    this.#options = options;
    this.manifest = bundle.manifest;
    this.digest = bundle.digest;
  }

  /**
   * Opens a plugin's file and finds out whether it can be loaded at all.
   *
   * @param source A path, or a bundle's bytes.
   * @throws {PluginError} `bundle.*`, `sandbox.*`, `capability.denied`, `contract.export-missing`
   */
  static async open(source: string | Uint8Array, options: BenchOptions = {}): Promise<Bench> {
    const bundle = await openPluginFile(source);
    const host = await createHostWith({ workers: 1, onLog: options.onLog }, openFake);
    const bench = new Bench(host, bundle, options);
    try {
      await bench.#load({}, new FakeHost()).catch((error) => {
        // Each test brings its own settings.
        if (PluginError.from(error).code !== "contract.settings-invalid") throw error;
      });
      return bench;
    } catch (error) {
      await host.close();
      throw error;
    }
  }

  /**
   * The plugin for one test.
   *
   * @param from The path of the file in which the test stands.
   * @param onVerdict Hears the rules of each verdict.
   * @throws {PluginError} `test.case-invalid` for fakes of what no capability has
   */
  plugin(from: string, fakes: Fakes = {}, onVerdict?: (verdict: Verdict) => void): TestedPlugin {
    const fake = new FakeHost(fakes);
    const own = new Map<string, Promise<Plugin>>();
    const loaded = Object.keys(fake.grants(this.manifest)).length > 0 ? own : this.#shared;
    const load = (settings: JsonValue = {}) => {
      const key = canonicalize(settings) ?? "";
      const known = loaded.get(key) ?? this.#load(settings, fake);
      loaded.set(key, known);
      return known;
    };
    const { manifest } = this;
    const { signal } = this.#options;
    return {
      manifest,
      calls: fake.calls,
      get state() {
        return fake.state.entries();
      },
      get directory() {
        return fake.directory.names();
      },
      check: async ({ settings, now, ...question }) => {
        const document = await documentOf(question, manifest, from);
        const plugin = await load(settings);
        const verdict = await orFault(fake, plugin.admission.check(document, { now, signal }));
        onVerdict?.(verdict);
        return verdict;
      },
      call: async (entry, request, { settings, now } = {}) => {
        const plugin = await load(settings);
        return await orFault(fake, plugin.call(entry, request, { now, signal }));
      },
      with: (others) => this.plugin(from, others, onVerdict),
    };
  }

  /** Ends the sandbox. */
  close(): Promise<void> {
    return this.#host.close();
  }

  #load(settings: JsonValue, fake: FakeHost): Promise<Plugin> {
    return this.#host.load(this.#bundle.bytes, {
      ...this.#options.limits,
      settings,
      instance: "test",
      grants: fake.grants(this.manifest),
    });
  }
}

/** An answer of the author's that broke is why a test fails, whatever the plugin made of it. */
async function orFault<T>(fake: FakeHost, call: Promise<T>): Promise<T> {
  const [result] = await Promise.allSettled([call]);
  if (fake.fault !== undefined) {
    const { fault } = fake;
    fake.fault = undefined;
    throw fault;
  }
  if (result.status === "rejected") throw result.reason;
  return result.value;
}
