import type * as v from "valibot";
import { LIMITS } from "../limits.ts";
import { PluginError } from "../plugin-error.ts";
import { jsonFunction } from "./answer.ts";
import { checkPluginTypes } from "./cni-config.ts";
import { type CniCommand, type CniProgram, findInFolders, runCniPlugin } from "./cni-plugin.ts";
import { DEFAULT_PATH, type DelegateGrant, DelegateGrantSchema } from "./delegate-grant.ts";
import {
  AttachmentSchema,
  type DelegateRequest,
  DetachmentSchema,
  NetworkSchema,
} from "./delegate-request.ts";
import { FUNCTION_NAMES } from "./function-names.ts";
import { checkGrant } from "./grant.ts";
import type { Capability, HostCall } from "./host-function.ts";
import type { JsonObject } from "../json.ts";
import { shownOutput } from "./output-text.ts";
import { ProcessRunner } from "./process-runner.ts";
import { checkWriters, findUnpinned, forGuest, openPinned, type Program } from "./program.ts";
import { checkNetnsFolders, reachableNetns } from "./reachable-netns.ts";

const FUNCTIONS: readonly (readonly [
  name: string,
  command: CniCommand,
  schema: v.GenericSchema<unknown, DelegateRequest>,
])[] = [
  ["delegate_add", "ADD", AttachmentSchema],
  ["delegate_del", "DEL", DetachmentSchema],
  ["delegate_check", "CHECK", AttachmentSchema],
  ["delegate_status", "STATUS", NetworkSchema],
  ["delegate_gc", "GC", NetworkSchema],
];

/**
 * Runs CNI plugins of granted types. Each function takes `{type, config, containerId, netns, ifname,
 * args?}` (`delegate_status` and `delegate_gc`: `{type, config}`) and gives `{result}`: what the plugin
 * printed, null for nothing. A plugin's own error is `capability.failed` with its words, and as it said
 * it in `details.cni`: `{code, msg, details?}`.
 */
export const delegate: Capability<DelegateGrant> = {
  name: "delegate",
  functions: FUNCTION_NAMES.delegate,
  open: async (given) => {
    const delegates = await openDelegates(checkGrant("delegate", DelegateGrantSchema, given));
    const functions = FUNCTIONS.map(([name, command, schema]) =>
      jsonFunction(
        "delegate",
        name,
        schema,
        (request, call) => delegates.run(command, request, call),
      )
    );
    return { functions, warnings: delegates.warnings, close: () => delegates.close() };
  },
};

async function openDelegates(grant: DelegateGrant): Promise<Delegates> {
  const pinned = new Map<string, PinnedPlugin>();
  try {
    for (const folder of grant.folders) await checkWriters("delegate", folder);
    await checkNetnsFolders(grant.netns ?? []);
    for (const [type, digest] of Object.entries(grant.digests ?? {})) {
      const where = `plugin "${type}"`;
      const path = await findInFolders(type, grant.folders);
      if (path === undefined) {
        const message = `Cannot grant ${where}: it is in none of ${grant.folders.join(", ")}`;
        throw new PluginError("config.invalid", message);
      }
      pinned.set(type, { path, program: await openPinned(where, path, digest) });
    }
    return new Delegates(grant, pinned);
  } catch (error) {
    for (const { program } of pinned.values()) program.close();
    throw error;
  }
}

interface PinnedPlugin {
  readonly path: string;
  readonly program: Program;
}

class Delegates {
  readonly #grant: DelegateGrant;
  readonly #types: ReadonlySet<string>;
  readonly #pinned: ReadonlyMap<string, PinnedPlugin>;
  readonly #runner = new ProcessRunner(LIMITS.delegates);

  constructor(grant: DelegateGrant, pinned: ReadonlyMap<string, PinnedPlugin>) {
    this.#grant = grant;
    this.#types = new Set(grant.types);
    this.#pinned = pinned;
  }

  get warnings(): readonly string[] {
    return [...this.#pinned.values()].flatMap(({ program }) => program.warnings);
  }

  async run(
    command: CniCommand,
    request: DelegateRequest,
    { signal, netns: own = "" }: HostCall,
  ): Promise<JsonObject> {
    const { type, config, containerId = "", netns = "", ifname = "", args = "" } = request;
    if (!this.#types.has(type)) {
      const message = `Cannot run plugin "${shownOutput(type, 64)}": it is not granted`;
      throw new PluginError("capability.denied", message);
    }
    checkPluginTypes(config, type, this.#types);
    const { netns: granted = [] } = this.#grant;
    const reached = await reachableNetns({ command, netns, own, folders: granted });
    checkSize(config);
    const { folders, path = DEFAULT_PATH, timeoutMs, maxOutputBytes } = this.#grant;
    const result = await runCniPlugin(this.#runner, await this.#program(type), {
      ...{ type, command, config, containerId, ifname, args, folders, path },
      netns: reached,
      timeoutMs: timeoutMs ?? LIMITS.processTimeoutMs,
      maxOutputBytes: maxOutputBytes ?? LIMITS.processOutputBytes,
    }, signal);
    return { result };
  }

  async #program(type: string): Promise<CniProgram> {
    const name = `plugin "${type}"`;
    const { folders } = this.#grant;
    try {
      // All of them: what the plugin runs in turn, it looks for by itself.
      for (const folder of folders) await checkWriters("delegate", folder);
      const pinned = this.#pinned.get(type);
      const path = pinned?.path ?? await findInFolders(type, folders);
      if (path === undefined) {
        throw new PluginError("capability.not-found", `Cannot find ${name} in the granted folders`);
      }
      const prepare = async () =>
        pinned === undefined
          ? (await findUnpinned(name, path)).path
          : await pinned.program.prepare();
      return {
        path,
        prepare: () =>
          prepare().catch((error) => {
            throw forGuest(name, error);
          }),
      };
    } catch (error) {
      throw forGuest(name, error);
    }
  }

  async close(): Promise<void> {
    await this.#runner.close();
    for (const { program } of this.#pinned.values()) program.close();
  }
}

function checkSize(config: JsonObject): void {
  const { length } = new TextEncoder().encode(JSON.stringify(config));
  if (length <= LIMITS.processInputBytes) return;
  const message = `Cannot use the network configuration: it has ${length} bytes, at most ` +
    `${LIMITS.processInputBytes} are allowed`;
  throw new PluginError("capability.invalid", message);
}
