import canonicalize from "canonicalize";
import type { Bundle } from "../bundle/bundle.ts";
import type { Manifest } from "../bundle/manifest.ts";
import {
  ADMISSION_EXPORT,
  type AdmissionRequest,
  admissionRequest,
  type Verdict,
} from "../contract/admission.ts";
import { readVerdict } from "../contract/verdict.ts";
import { isUtcTime } from "../date.ts";
import type { Document, Evidence } from "../document/document.ts";
import type { JsonValue } from "../json.ts";
import { LIMITS } from "../limits.ts";
import { PluginError } from "../plugin-error.ts";
import type { Sandbox, SandboxLimits, SandboxModule } from "../sandbox/sandbox.ts";
import { checkSettings } from "./settings.ts";

/** How a plugin is loaded. */
export interface LoadOptions {
  /** `sha256:<hex>` that the plugin's file must have. */
  readonly digest?: string | undefined;
  /** Checked against the plugin's own schema; the default is `{}`. */
  readonly settings?: JsonValue | undefined;
  /** Wall-clock bound of a call in milliseconds; a smaller one in the manifest counts. */
  readonly timeoutMs?: number | undefined;
  /** Bound of the guest's linear memory in pages of 64 KiB; a smaller one in the manifest counts. */
  readonly memoryPages?: number | undefined;
}

/** How one question is put. */
export interface CheckOptions {
  readonly signal?: AbortSignal | undefined;
  /** The time that the plugin sees, RFC 3339 in UTC; the default is the time of the call. */
  readonly now?: string | undefined;
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
}

/** The smaller of what the operator and the manifest say, under the defaults. */
function effectiveLimits(manifest: Manifest, options: LoadOptions): SandboxLimits {
  const smaller = (limit: number | undefined, asked: number | undefined, fallback: number) =>
    Math.min(limit ?? fallback, asked ?? Infinity);
  return {
    timeoutMs: smaller(options.timeoutMs, manifest.limits?.timeoutMs, LIMITS.timeoutMs),
    memoryPages: smaller(options.memoryPages, manifest.limits?.memoryPages, LIMITS.memoryPages),
    blockBytes: LIMITS.blockBytes,
    inputBytes: LIMITS.callInputBytes,
    outputBytes: LIMITS.callOutputBytes,
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

function checkOptions({ timeoutMs, memoryPages }: LoadOptions): void {
  const check = (name: string, value: number | undefined, most: number) => {
    if (value === undefined || (Number.isInteger(value) && value >= 1 && value <= most)) return;
    throw new PluginError(
      "usage.invalid",
      `Cannot load the plugin with ${name} ${value}: wanted a whole number from 1 to ${most}`,
    );
  };
  check("timeoutMs", timeoutMs, 2 ** 31 - 1);
  check("memoryPages", memoryPages, 65_536);
}

/** Compiles a bundle and checks that it can do what its manifest says. */
export async function loadPlugin(
  sandbox: Sandbox,
  bundle: Bundle,
  options: LoadOptions,
): Promise<Plugin> {
  const { manifest, digest } = bundle;
  checkOptions(options);
  checkVersions(manifest);
  const limits = effectiveLimits(manifest, options);
  const settings = options.settings ?? {};
  const module = await sandbox.load(manifest.name, bundle.bytes, bundle.outline, limits);
  const implementsAdmission = manifest.implements.some((i) => i.contract === "admission");
  if (implementsAdmission && !module.has(ADMISSION_EXPORT)) {
    throw new PluginError(
      "contract.export-missing",
      `Cannot load ${manifest.name}: its manifest names the contract "admission", but the module exports no function "${ADMISSION_EXPORT}" () -> i32`,
    );
  }
  await checkSettings(sandbox, module, manifest, settings, limits.timeoutMs);
  return { manifest, digest, admission: admissionOf(manifest, module, settings) };
}

/** Canonical JSON; what a document holds is JSON, but a program can hand over anything. */
function encodeRequest(request: AdmissionRequest, name: string): Uint8Array {
  try {
    return new TextEncoder().encode(canonicalize(request)!);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PluginError(
      "contract.input-invalid",
      `Cannot ask ${name} about "${request.subject.name}": it is no JSON (${why})`,
      { cause },
    );
  }
}

function admissionOf(manifest: Manifest, module: SandboxModule, settings: JsonValue): Admission {
  const implementation = manifest.implements.find((i) => i.contract === "admission");
  const kinds = new Set(implementation?.kinds ?? []);
  return {
    judges: ({ kind }) => kinds.has(kind),
    check: async (document, options = {}) => {
      if (implementation === undefined) {
        throw new PluginError(
          "contract.not-implemented",
          `Cannot ask ${manifest.name}: it does not implement "admission"`,
        );
      }
      if (!kinds.has(document.kind)) {
        throw new PluginError(
          "contract.kind-not-judged",
          `Cannot ask ${manifest.name} about "${document.input}": it judges ${
            [...kinds].join(", ")
          }, not ${document.kind}`,
        );
      }
      const now = options.now ?? new Date().toISOString();
      if (!isUtcTime(now)) {
        throw new PluginError(
          "usage.invalid",
          `Cannot ask at the time "${now}": wanted 2026-01-31T12:00:00Z`,
        );
      }
      const request = admissionRequest(document, { settings, now, evidence: options.evidence });
      const input = encodeRequest(request, manifest.name);
      const output = await module.call(ADMISSION_EXPORT, input, { signal: options.signal });
      return readVerdict(output, { now, rules: manifest.rules ?? [] });
    },
  };
}
