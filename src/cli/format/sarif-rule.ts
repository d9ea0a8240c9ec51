import type { ReportRule } from "./report.ts";
import { escapeSarif } from "./sarif-location.ts";
import { visible } from "./visible.ts";

/**
 * The rules of one run. Those a manifest declares come first, in its order; one that only a reason
 * names is added when it first comes up, so that every result has a rule to point at.
 */
export class RuleTable {
  readonly #indexes = new Map<string, number>();
  readonly #rules: ReportRule[] = [];

  constructor(declared: readonly ReportRule[]) {
    for (const rule of declared) if (!this.#indexes.has(rule.id)) this.#add(rule);
  }

  /** The 0-based index of the rule `id`; `help` is what its reason knows of it. */
  indexOf(id: string, help?: string): number {
    return this.#indexes.get(id) ??
      this.#add({ id, title: id, ...(help === undefined ? {} : { help }) });
  }

  /** The `reportingDescriptor` objects, each at its index. */
  descriptors(): Record<string, unknown>[] {
    return this.#rules.map(({ id, title, help }) => ({
      id: visible(id),
      shortDescription: { text: escapeSarif(title) },
      ...(help === undefined ? {} : { help: { text: escapeSarif(help) } }),
    }));
  }

  #add(rule: ReportRule): number {
    const index = this.#rules.push(rule) - 1;
    this.#indexes.set(rule.id, index);
    return index;
  }
}
