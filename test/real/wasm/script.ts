/**
 * A script of the WebAssembly test suite, in the form that `tool` writes: close to what `wast2json`
 * gives, with bit patterns in hex.
 */

/** A number as its lanes in hex (one for a scalar), or a reference. */
export interface Value {
  readonly type:
    | "i32"
    | "i64"
    | "f32"
    | "f64"
    | "v128"
    | "funcref"
    | "externref"
    | "ref"
    | "unknown";
  /**
   * Numbers: fixed-width hex, most significant digit first, lowest lane first; in results also
   * `nan:canonical` and `nan:arithmetic`. References: `null`, `any` or a host value's number.
   */
  readonly value: readonly string[];
}

/** A result: one value, or one of several. */
export type Expected = Value | { readonly type: "either"; readonly cases: readonly Expected[] };

/** What a command does to a module. */
export interface Action {
  readonly type: "invoke" | "get" | "module";
  /** The module's name in the script; the last module without one. */
  readonly name?: string;
  /** The export. */
  readonly field?: string;
  readonly args?: readonly Value[];
  readonly file?: string;
}

/** One directive of a script. */
export interface Command {
  readonly type: string;
  readonly line: number;
  /** The module's file; none for text that has no binary form. */
  readonly file?: string;
  readonly name?: string;
  /** `module_instance`: the definition that it makes an instance of. */
  readonly of?: string;
  /** `register`: the name for imports. */
  readonly as?: string;
  readonly action?: Action;
  readonly expected?: readonly Expected[];
  readonly text?: string;
}

/** A script: `later` ones may use what Wasm 2.0 does not have. */
export interface Script {
  readonly source: string;
  readonly level: "2.0" | "later";
  readonly commands: readonly Command[];
}
