import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Test } from "uvu";
import * as assert from "uvu/assert";
import type { Bench } from "../../src/testing/bench.ts";
import { type LocatedCase, readCases } from "../../src/testing/read-cases.ts";
import { runCase } from "../../src/testing/run-case.ts";
import { projectPath } from "./paths.ts";

/** The cases of `wasm-plugins/<name>`, as `cofferdam test` reads them. */
export async function casesOf(name: string): Promise<LocatedCase[]> {
  const folder = projectPath("wasm-plugins", name, "cases");
  const files = readdirSync(folder).filter((file) => file.endsWith(".yaml")).sort();
  return (await Promise.all(files.map(async (file) => {
    const path = join(folder, file);
    return await readCases(await readFile(path), path);
  }))).flat();
}

/** A test for each case, run as `cofferdam test` runs it. */
export function testCases(
  test: Test,
  cases: readonly LocatedCase[],
  bench: () => Bench,
): void {
  for (const item of cases) {
    test(`${item.from.replace(/^.*[/\\\\]/, "")}: ${item.name}`, async () => {
      const { status, differences, error } = await runCase(bench(), item, item.from);
      assert.equal({ differences, error }, { differences: [], error: null });
      assert.is(status, "passed");
    });
  }
}
