import type { ErrorCode } from "../../src/plugin-error.ts";
import { answering } from "../support/guest.ts";

/** The one code that a call or a load must get; `allowed` where the attempt must change nothing. */
export type Outcome = ErrorCode | "allowed";

/** A hostile guest, as Wasm text. */
export interface HostileGuest {
  /** `a guest that ...` */
  readonly what: string;
  readonly text: string;
  readonly code: Outcome;
}

/** The verdict of a guest that has nothing against anything. */
export const ALLOW = '{"allowed":true,"reasons":[]}';

/** An import of Extism's, named by itself. */
export function extism(name: string, type: string): string {
  return `(import "extism:host/env" "${name}" (func $${name} ${type}))`;
}

/** The entry point, which runs `body` and answers nothing. */
export function check(body: string): string {
  return `(func (export "admission_check") (result i32) ${body} (i32.const 0))`;
}

/**
 * A guest that runs `body` and then allows, if it gets that far.
 *
 * @param body May use `$block`, the address of a block of 16 bytes with zeros.
 * @param imports Besides `$alloc`, `$store` and `$output`.
 * @param fields Whatever else it needs.
 */
export function allowingAfter(body: string, imports = "", fields = ""): string {
  return answering(ALLOW)
    .replace("(module", `(module ${imports}`)
    .replace(
      "(func (export",
      `(global $block (mut i64) (i64.const 0)) ${fields} (func (export`,
    )
    .replace(
      "(local.set $to",
      `(global.set $block (call $alloc (i64.const 16))) ${body} (local.set $to`,
    );
}
