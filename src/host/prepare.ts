import type { Bundle } from "../bundle/bundle.ts";
import type { CapabilityName } from "../bundle/manifest.ts";
import { capabilityOf } from "../capability/function-names.ts";
import type { HostFunction, PluginIdentity } from "../capability/host-function.ts";
import type { LogLine } from "../capability/log.ts";
import type { Grants } from "../capability/table.ts";
import { PluginError } from "../plugin-error.ts";
import type { WasmImport } from "../wasm/outline.ts";
import type { Audit } from "./audit.ts";
import type { Callable } from "./callable.ts";
import { checkGrants, instanceName, type OpenCapability, openGrants } from "./grants.ts";
import type { Recorder } from "./record.ts";
import type { RecordedLimits } from "./recording.ts";
import type { ReentryGuard } from "./reentry.ts";

/** What all plugins of one host share. */
export interface HostServices {
  readonly open: OpenCapability;
  readonly guard: ReentryGuard;
  readonly audit?: Audit | undefined;
  readonly recorder?: Recorder | undefined;
  /** Hears what the operator should know, and what is no error. */
  warn(message: string): void;
  /** Hears what plugins log. */
  readonly log?: ((line: PluginLogLine) => void) | undefined;
}

/** A line of a plugin's log; nothing in it can begin another line or move a cursor. */
export interface PluginLogLine extends LogLine {
  /** The name of the plugin's instance. */
  readonly instance: string;
  /** The export that was called. */
  readonly entry: string;
}

/** A line for each capability for want of which a plugin is not loaded. */
async function auditDenial(
  audit: Audit,
  thrown: unknown,
  imports: readonly WasmImport[],
  plugin: PluginIdentity,
): Promise<void> {
  const { code, details } = PluginError.from(thrown);
  if (code !== "capability.denied") return;
  for (const capability of (details.capabilities ?? []) as readonly CapabilityName[]) {
    const functions = imports.filter((item) => capabilityOf(item) === capability);
    await audit.deny(capability, functions.map(({ name }) => name), plugin);
  }
}

/** What a plugin was granted, opened. */
export interface PreparedPlugin {
  /** What the guest can import: guarded, and written to the audit. */
  readonly functions: readonly HostFunction[];
  /** `module`, of which every call is guarded and recorded. */
  bind(module: Callable, limits: RecordedLimits): Callable;
  /** Ends what the functions started. */
  close(): Promise<void>;
}

/**
 * Checks what a plugin asks for against what it is granted, and opens what is in both.
 *
 * @throws {PluginError} `capability.denied`, `sandbox.import-unknown`, `usage.invalid`, `config.invalid`
 */
export async function preparePlugin(
  { manifest, outline, digest }: Bundle,
  { grants = {}, instance }: {
    readonly grants?: Grants | undefined;
    readonly instance?: string | undefined;
  },
  { open, guard, audit, recorder, warn, log }: HostServices,
): Promise<PreparedPlugin> {
  const { name } = manifest;
  const denied = async (thrown: unknown): Promise<never> => {
    const plugin = { name, digest, instance: instance ?? name };
    if (audit !== undefined) await auditDenial(audit, thrown, outline.imports, plugin);
    throw thrown;
  };
  const { effective, warnings } = await Promise.resolve()
    .then(() => checkGrants(manifest, outline.imports, grants)).catch(denied);
  warnings.forEach(warn);
  const identity = { name, digest, instance: instanceName(manifest, instance, effective) };
  const opened = await openGrants(open, effective, grants, identity).catch(denied);
  opened.warnings.forEach((warning) => warn(`${name}: ${warning}`));
  const functions = opened.functions
    .map((fn) => audit === undefined ? fn : audit.wrap(fn, identity))
    .map((fn) => guard.protect(fn));
  return {
    functions,
    bind: (module, limits) => {
      const recorded = recorder?.wrap(module, { name, digest, limits, functions }) ?? module;
      return {
        call: async (entry, input, options) => {
          guard.check(`"${entry}" of ${name}`);
          const { instance } = identity;
          let audited: Promise<void> | undefined;
          const write = audit && ((line: LogLine) => {
            const before = audited;
            const written = Promise.resolve(before).then(() => audit.log(line, entry, identity));
            // Told when the call has ended.
            written.catch(() => {});
            audited = written;
          });
          const onLog = (log ?? write ?? options.onLog) && ((line: LogLine) => {
            write?.(line);
            log?.({ ...line, instance, entry });
            options.onLog?.(line);
          });
          const result = await recorded.call(entry, input, { ...options, onLog })
            .finally(() => audited?.catch(() => {}));
          await audited;
          return result;
        },
      };
    },
    close: opened.close,
  };
}
