import type { Manifest } from "../bundle/manifest.ts";
import { DENIED_RULE, MUTATION_RULE } from "../contract/verdict.ts";
import type { RuleRow, TestResult } from "./report.ts";

/** Rules that the host adds by itself; they are nobody's to declare. */
const OF_THE_HOST: ReadonlySet<string> = new Set([DENIED_RULE, MUTATION_RULE]);

/** Each rule with the tests that it gave a reason in: those of the manifest first, in its order. */
export function ruleTable(manifest: Manifest, results: readonly TestResult[]): RuleRow[] {
  const rows = new Map<string, { title: string | null; firedIn: TestResult[] }>();
  for (const { id, title } of manifest.rules ?? []) rows.set(id, { title, firedIn: [] });
  for (const result of results) {
    for (const id of result.fired) {
      if (OF_THE_HOST.has(id)) continue;
      const row = rows.get(id) ?? { title: null, firedIn: [] };
      rows.set(id, row);
      row.firedIn.push(result);
    }
  }
  return [...rows].map(([id, { title, firedIn }]) => ({
    id,
    title,
    firedIn: firedIn.map(({ file, line, name }) => ({ file, line, name })),
  }));
}
