import { type AsyncContext, createAsyncContext } from "../platform/async-context.ts";
import type { PluginClient } from "./plugin-client.ts";
import type { RegisteredPlugin } from "./registered-plugin.ts";

/** What is called for each plugin of a kind, before anybody gets that plugin. */
export type PluginHandler = (name: string, client: PluginClient) => void | Promise<void>;

/** Who wants to see plugins before others do, and which they have not seen. */
export class PluginHandlers {
  readonly #byKind: Map<string, PluginHandler[]> = new Map();
  readonly #plugins: Set<RegisteredPlugin> = new Set();
  readonly #unseen: Set<RegisteredPlugin> = new Set();
  readonly #running: Map<RegisteredPlugin, Promise<void>> = new Map();
  /** The plugins whose handlers led here. */
  readonly #within: AsyncContext<readonly RegisteredPlugin[]> = createAsyncContext();

  /** A plugin that said what it is for; to be shown. */
  add(plugin: RegisteredPlugin): void {
    this.#plugins.add(plugin);
    this.#unseen.add(plugin);
  }

  /**
   * One more handler. As in Docker, a plugin of its kind is shown to all of its handlers again, those of
   * other kinds too.
   */
  handle(kind: string, handler: PluginHandler): void {
    this.#byKind.set(kind, [...this.#byKind.get(kind) ?? [], handler]);
    for (const plugin of this.#plugins) {
      if (plugin.implements.includes(kind)) this.#unseen.add(plugin);
    }
  }

  /**
   * Shows a plugin to those who have not seen it, and waits for those who are looking; not for the handler
   * that asks for its own plugin. What a handler throws is thrown here, and it is shown again next time.
   */
  async show(plugin: RegisteredPlugin): Promise<void> {
    const within = this.#within.get() ?? [];
    if (within.includes(plugin)) return;
    const before = this.#running.get(plugin);
    if (!this.#unseen.delete(plugin)) return await before;
    const running = this.#within.run([...within, plugin], () => this.#run(plugin, before));
    this.#running.set(plugin, running);
    try {
      await running;
    } catch (error) {
      this.#unseen.add(plugin);
      throw error;
    }
  }

  async #run(plugin: RegisteredPlugin, before: Promise<void> | undefined): Promise<void> {
    await before?.catch(() => {});
    for (const kind of plugin.implements) {
      for (const handler of this.#byKind.get(kind) ?? []) {
        await handler(plugin.name, plugin.client);
      }
    }
  }
}
