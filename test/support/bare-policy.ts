import { readFile } from "node:fs/promises";
import * as v from "valibot";
import { builtPlugin } from "../../scripts/build-plugins.ts";
import type { HostFunction } from "../../src/capability/host-function.ts";
import {
  ADMISSION_EXPORT,
  admissionRequest,
  type Verdict,
  VerdictSchema,
} from "../../src/contract/admission.ts";
import type { DocumentKind } from "../../src/document/kind.ts";
import type { JsonValue } from "../../src/json.ts";
import { Sandbox, type SandboxModule } from "../../src/sandbox/sandbox.ts";
import { jsonDocument } from "./document.ts";
import { loadGuest } from "./sandbox.ts";

const NOW = "2026-01-01T00:00:00Z";

/** Beyond what any test takes. */
const FUEL = 1_000_000_000_000;

/**
 * A built policy as another host may have it: nobody looks at its settings, at what its document holds
 * and how deep it is, nor at how long it takes.
 */
export class BarePolicy {
  readonly #sandbox: Sandbox;
  readonly #guest: SandboxModule;

  private constructor(sandbox: Sandbox, guest: SandboxModule) {
    this.#sandbox = sandbox;
    this.#guest = guest;
  }

  /**
   * Loads `build/wasm-plugins/<name>.wasm`.
   *
   * @param functions Those of the capabilities that it asks for.
   */
  static async open(name: string, functions: readonly HostFunction[] = []): Promise<BarePolicy> {
    const sandbox = new Sandbox(1);
    const bytes = await readFile(builtPlugin(name));
    const change = { functions, limits: { fuel: FUEL } };
    return new BarePolicy(sandbox, await loadGuest(sandbox, bytes, change));
  }

  /** The policy's own answer, which is a verdict or fails the test; no host has put it right. */
  async check(kind: DocumentKind, object: JsonValue, settings: JsonValue = {}): Promise<Verdict> {
    const request = admissionRequest(jsonDocument(object, { kind }), { settings, now: NOW });
    const input = new TextEncoder().encode(JSON.stringify(request));
    const { output } = await this.#guest.call(ADMISSION_EXPORT, input);
    return v.parse(
      VerdictSchema,
      JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(output)),
    );
  }

  close(): Promise<void> {
    return this.#sandbox.close();
  }
}
