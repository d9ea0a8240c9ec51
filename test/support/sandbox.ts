import { DEFAULT_LIMITS } from "../../src/sandbox/default-limits.ts";
import {
  type Sandbox,
  type SandboxLimits,
  type SandboxModule,
  type SandboxSource,
} from "../../src/sandbox/sandbox.ts";
import { readOutline } from "../../src/wasm/outline.ts";
import { assemble } from "./guest.ts";

let made = 0;

/** A module in the text format, or as bytes, loaded without any grant. */
export function loadGuest(
  sandbox: Sandbox,
  text: string | Uint8Array,
  change: Partial<Omit<SandboxSource, "limits">> & { limits?: Partial<SandboxLimits> } = {},
): Promise<SandboxModule> {
  const bytes = typeof text === "string" ? assemble(text) : text;
  return sandbox.load({
    name: "guest",
    // Nothing here is what another test compiled.
    digest: `test ${made++}`,
    bytes,
    outline: readOutline(bytes),
    mode: "inline",
    serial: false,
    functions: [],
    ...change,
    limits: { ...DEFAULT_LIMITS, ...change.limits },
  });
}

/** The code with which `promise` is rejected; "none" when it is not. */
export function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(() => "none", (error) => String(error.code ?? error));
}
