import { MODULE_CAPS } from "../../limits.ts";
import { invalid } from "./invalid.ts";

/**
 * What an optimising compiler has to merge in a module: at each place where paths meet, each local and
 * operand may be another next time.
 */
export class MergeCount {
  readonly #name: string;
  #merges = 0;

  /** @param name The module's, for messages. */
  constructor(name: string) {
    this.#name = name;
  }

  /** @throws {PluginError} `sandbox.module-invalid` where one function, or all together, have too many */
  add(merges: number): void {
    this.#merges += merges;
    const ofOne = merges > MODULE_CAPS.functionMerges;
    if (!ofOne && this.#merges <= MODULE_CAPS.merges) return;
    throw invalid(
      this.#name,
      `has too many locals, operands and branches together (over ${
        ofOne ? MODULE_CAPS.functionMerges : MODULE_CAPS.merges
      } to merge)`,
    );
  }
}
