import canonicalize from "canonicalize";
import type { Bundle } from "../bundle/bundle.ts";
import { concurrencyOf, type ContractName, type Manifest } from "../bundle/manifest.ts";
import type { Grants } from "../capability/table.ts";
import {
  ADMISSION_EXPORT,
  type AdmissionRequest,
  admissionRequest,
  type Verdict,
} from "../contract/admission.ts";
import { parseGuestJson } from "../contract/guest-json.ts";
import { REQUIRED_ENTRIES } from "../contract/required-entries.ts";
import { readVerdict } from "../contract/verdict.ts";
import type { Document, Evidence } from "../document/document.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import { PluginError } from "../plugin-error.ts";
import { DEFAULT_LIMITS } from "../sandbox/default-limits.ts";
import type { Mode, Sandbox, SandboxLimits, SandboxModule } from "../sandbox/sandbox.ts";
import { type AskedGuest, type AskOptions, checkImplements, timeOfCall } from "./ask.ts";
import type { Callable } from "./callable.ts";
import { type IpamDriver, ipamOf } from "./ipam.ts";
import { netdriverOf, type NetworkDriver } from "./netdriver.ts";
import { modeOf } from "./mode.ts";
import { networkOf, type NetworkPlugin } from "./network.ts";
import { type HostServices, type PreparedPlugin, preparePlugin } from "./prepare.ts";
import { checkSettings } from "./settings.ts";
import { withSourcePositions } from "./source-positions.ts";
import { type VolumeDriver, volumeOf } from "./volume.ts";

/** How a plugin is loaded. */
export interface LoadOptions {
  /** `sha256:<hex>` that the plugin's file must have. */
  readonly digest?: string | undefined;
  /** Checked against the plugin's own schema; the default is `{}`. */
  readonly settings?: JsonValue | undefined;
  /**
   * The operator's name for this use of the plugin, to which what it keeps belongs; needed where
   * `grants.state` is given. At most 64 letters, digits, ".", "_" and "-".
   */
  readonly instance?: string | undefined;
  /** What the plugin may do of what its manifest asks for; nothing by default. */
  readonly grants?: Grants | undefined;
  /**
   * Bound of what a call may execute, in units of the fuel schedule; a smaller one in the manifest
   * counts. Only here it may be above the default, `LIMITS.fuel`.
   */
  readonly fuel?: number | undefined;
  /** Wall-clock bound of a call in milliseconds; a smaller one in the manifest counts. */
  readonly timeoutMs?: number | undefined;
  /** Bound of the guest's linear memory in pages of 64 KiB; a smaller one in the manifest counts. */
  readonly memoryPages?: number | undefined;
  /**
   * Where its calls run. Without it, `inline` (in the caller's thread, bounded by fuel) for a plugin
   * that asks for nothing that blocks, where the operator names no deadline, its manifest no other one
   * than the default, and nobody wants more fuel than the default; else `worker`.
   */
  readonly mode?: Mode | undefined;
}

/** How one question is put. */
export interface CheckOptions extends AskOptions {
  /** More facts about the document's subject, behind its own. */
  readonly evidence?: readonly Evidence[] | undefined;
}

/** The admission contract of a loaded plugin. */
export interface Admission {
  /** True when the plugin's manifest names the document's kind. */
  judges(document: Pick<Document, "kind">): boolean;
  /**
   * Asks the plugin about one document.
   *
   * @returns The normalised verdict; an answer that is none is an error, never an allow.
   * @throws {PluginError} `contract.kind-not-judged`, `contract.*`, `sandbox.*`, `call.aborted`
   */
  check(document: Document, options?: CheckOptions): Promise<Verdict>;
}

/** A loaded plugin. */
export interface Plugin {
  readonly manifest: Manifest;
  /** `sha256:<hex>` of its bundle. */
  readonly digest: string;
  /**
   * The admission contract.
   *
   * @throws {PluginError} `contract.not-implemented` on use, when the manifest does not name it
   */
  readonly admission: Admission;
  /** The volume contract, with errors as for `admission`. */
  readonly volume: VolumeDriver;
  /** The network contract, with errors as for `admission`. */
  readonly network: NetworkPlugin;
  /** The netdriver contract, with errors as for `admission`. */
  readonly netdriver: NetworkDriver;
  /** The ipam contract, with errors as for `admission`. */
  readonly ipam: IpamDriver;
  /**
   * Calls an entry point of any other contract: `volume_create`.
   *
   * @param request The call's own fields, to which contract, version, settings and time are added.
   * @returns The guest's answer, JSON that nobody has looked at yet.
   * @throws {PluginError} `contract.*`, `sandbox.*`, `capability.*`, `call.aborted`; `usage.invalid` for
   * `admission_check`, whose answer has to be read as a verdict
   */
  call(entry: string, request: JsonObject, options?: EntryOptions): Promise<JsonValue>;
  /**
   * Ends its calls and frees what it alone holds: threads, memory, what it was granted. What runs and
   * what comes later is rejected with `sandbox.closed`; a call in the caller's thread that closes its own
   * plugin comes to its end. The host's `close()` does it as well.
   */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** How an entry point is called. */
export type EntryOptions = AskOptions;

/** The part of a plugin that judges documents. */
export type JudgingPlugin = Pick<Plugin, "manifest" | "digest" | "admission">;

/** The smaller of what the operator and the manifest say, under the defaults. */
function effectiveLimits(
  manifest: Manifest,
  options: LoadOptions,
): SandboxLimits {
  const smaller = (name: "fuel" | "timeoutMs" | "memoryPages") =>
    Math.min(options[name] ?? DEFAULT_LIMITS[name], manifest.limits?.[name] ?? Infinity);
  return {
    ...DEFAULT_LIMITS,
    fuel: smaller("fuel"),
    timeoutMs: smaller("timeoutMs"),
    memoryPages: smaller("memoryPages"),
  };
}

/** The version of every contract that this host speaks. */
const CONTRACT_VERSION = 1;

function checkVersions({ name, implements: contracts }: Manifest): void {
  const unknown = contracts.find(({ version }) => version !== CONTRACT_VERSION);
  if (unknown === undefined) return;
  throw new PluginError(
    "contract.not-implemented",
    `Cannot load ${name}: it implements version ${unknown.version} of "${unknown.contract}", this host speaks version ${CONTRACT_VERSION}`,
  );
}

function checkOptions({ timeoutMs, memoryPages, fuel, mode }: LoadOptions): void {
  const check = (name: string, value: number | undefined, most: number) => {
    if (value === undefined || (Number.isInteger(value) && value >= 1 && value <= most)) return;
    throw new PluginError(
      "usage.invalid",
      `Cannot load the plugin with ${name} ${value}: wanted a whole number from 1 to ${most}`,
    );
  };
  check("timeoutMs", timeoutMs, 2 ** 31 - 1);
  check("memoryPages", memoryPages, 65_536);
  check("fuel", fuel, Number.MAX_SAFE_INTEGER);
  if (mode === undefined || mode === "inline" || mode === "worker") return;
  throw new PluginError(
    "usage.invalid",
    `Cannot load the plugin with mode ${JSON.stringify(mode)}: wanted "inline" or "worker"`,
  );
}

/**
 * Compiles a bundle and checks that it can do what its manifest says.
 *
 * @param onClosed Called once the plugin is closed.
 */
export async function loadPlugin(
  sandbox: Sandbox,
  bundle: Bundle,
  options: LoadOptions,
  services: HostServices,
  onClosed: () => void,
): Promise<Plugin> {
  const { manifest } = bundle;
  checkOptions(options);
  checkVersions(manifest);
  const prepared = await preparePlugin(bundle, options, services);
  let module: SandboxModule | undefined;
  let closing: Promise<void> | undefined;
  const end = async () => {
    try {
      await module?.close();
    } finally {
      await prepared.close();
    }
  };
  const close = () => closing ??= end().finally(onClosed);
  try {
    const limits = effectiveLimits(manifest, options);
    module = await sandbox.load({
      name: manifest.name,
      digest: bundle.digest,
      bytes: bundle.bytes,
      outline: bundle.outline,
      limits,
      mode: modeOf(limits, options, prepared.functions.length > 0),
      serial: concurrencyOf(manifest) === "serial",
      functions: prepared.functions,
    });
    const contracts = await bindPlugin(sandbox, module, bundle, { ...options, limits }, prepared);
    return { ...contracts, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await end().catch(() => {});
    throw error;
  }
}

async function bindPlugin(
  sandbox: Sandbox,
  module: SandboxModule,
  bundle: Bundle,
  options: { readonly settings?: JsonValue | undefined; readonly limits: SandboxLimits },
  prepared: PreparedPlugin,
): Promise<Omit<Plugin, "close" | typeof Symbol.asyncDispose>> {
  const { manifest, digest } = bundle;
  const { settings = {}, limits } = options;
  const guest = withSourcePositions(bundle, prepared.bind(module, limits));
  const has = (entry: string) => module.has(entry);
  checkEntries(manifest, has);
  await checkSettings(sandbox, { ...guest, has }, manifest, settings, limits.timeoutMs);
  const asked = { manifest, guest, has, settings };
  return {
    manifest,
    digest,
    admission: admissionOf(manifest, guest, settings),
    volume: volumeOf(asked),
    network: networkOf(asked),
    netdriver: netdriverOf(asked),
    ipam: ipamOf(asked),
    call: async (entry, request, options = {}) => {
      const contract = contractOf(manifest, entry);
      const now = timeOfCall(options.now);
      const whole = { ...request, contract, version: CONTRACT_VERSION, settings, now };
      const input = encodeRequest(whole, `"${entry}" of ${manifest.name}`);
      return parseGuestJson((await guest.call(entry, input, { ...options, now })).output);
    },
  };
}

function checkEntries({ name, implements: contracts }: Manifest, has: AskedGuest["has"]): void {
  for (const { contract } of contracts) {
    const missing = (REQUIRED_ENTRIES[contract] ?? []).find((entry) => !has(entry));
    if (missing === undefined) continue;
    throw new PluginError(
      "contract.export-missing",
      `Cannot load ${name}: its manifest names the contract "${contract}", but the module exports no function "${missing}" () -> i32`,
    );
  }
}

/** The contract that an entry point belongs to, by the first word of its name. */
function contractOf({ name, implements: contracts }: Manifest, entry: string): ContractName {
  const word = entry.split("_", 1)[0]!;
  const contract = contracts.find((item) => item.contract === (word === "hook" ? "hooks" : word));
  if (contract === undefined) {
    throw new PluginError(
      "contract.not-implemented",
      `Cannot call "${entry}" of ${name}: it implements ${
        contracts.map((item) => item.contract).join(", ")
      }`,
    );
  }
  if (contract.contract !== "admission") return contract.contract;
  throw new PluginError(
    "usage.invalid",
    `Cannot call "${entry}" of ${name} by its name: its answer is a verdict, ask "admission.check()"`,
  );
}

/** Canonical JSON; what a document holds is JSON, but a program can hand over anything. */
function encodeRequest(request: AdmissionRequest | JsonObject, what: string): Uint8Array {
  try {
    return new TextEncoder().encode(canonicalize(request)!);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PluginError(
      "contract.input-invalid",
      `Cannot ask ${what}: it is no JSON (${why})`,
      { cause },
    );
  }
}

function admissionOf(manifest: Manifest, guest: Callable, settings: JsonValue): Admission {
  const implementation = manifest.implements.find((i) => i.contract === "admission");
  const kinds = new Set(implementation?.kinds ?? []);
  return {
    judges: ({ kind }) => kinds.has(kind),
    check: async (document, options = {}) => {
      checkImplements(manifest, "admission");
      if (!kinds.has(document.kind)) {
        throw new PluginError(
          "contract.kind-not-judged",
          `Cannot ask ${manifest.name} about "${document.input}": it judges ${
            [...kinds].join(", ")
          }, not ${document.kind}`,
        );
      }
      const now = timeOfCall(options.now);
      const request = admissionRequest(document, { settings, now, evidence: options.evidence });
      const input = encodeRequest(request, `${manifest.name} about "${document.subject.name}"`);
      const { signal, onLog } = options;
      const { output } = await guest.call(ADMISSION_EXPORT, input, { signal, now, onLog });
      return readVerdict(output, { now, rules: manifest.rules ?? [] });
    },
  };
}
