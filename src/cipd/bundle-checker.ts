import type { Host } from "../host/host.ts";
import type { LoadOptions, Plugin } from "../host/plugin.ts";
import type { Checker } from "./admission-plugin.ts";
import { type Decision, decisionOfVerdict } from "./decision.ts";
import { checkJudgesPins, judgePin } from "./judge.ts";
import type { Pin } from "./pin.ts";

/** Judges by a bundle. */
export class BundleChecker implements Checker {
  readonly executable: string;
  readonly #load: () => Promise<Plugin>;
  readonly #serviceUrl: string;
  readonly #controller: AbortController = new AbortController();
  #loading: Promise<Plugin> | undefined;
  #plugin: Plugin | undefined;

  constructor(host: Host, serviceUrl: string, bundle: string | Uint8Array, options: LoadOptions) {
    this.executable = typeof bundle === "string" ? bundle : "(bytes)";
    this.#load = () => host.load(bundle, options);
    this.#serviceUrl = serviceUrl;
  }

  async start(): Promise<void> {
    this.#plugin = await (this.#loading = this.#load());
    checkJudgesPins(this.#plugin);
  }

  async check(pin: Pin): Promise<Decision> {
    const { signal } = this.#controller;
    const [verdict] = await judgePin([this.#plugin!], this.#serviceUrl, pin, signal);
    return decisionOfVerdict(verdict!);
  }

  async close(): Promise<void> {
    this.#controller.abort();
    // Also one that is still being loaded, or does not judge pins.
    const plugin = await this.#loading?.catch(() => undefined);
    await plugin?.close();
  }
}
