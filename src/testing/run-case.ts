import type { Verdict } from "../contract/admission.ts";
import { PluginError } from "../plugin-error.ts";
import type { Bench, TestedPlugin } from "./bench.ts";
import type { CaseHost } from "./case.ts";
import { compareAnswer, compareError, compareHost, compareVerdict } from "./compare.ts";
import type { FakeAnswer, Fakes } from "./fake-host.ts";
import type { LocatedCase } from "./read-cases.ts";
import type { Difference, TestResult } from "./report.ts";

/**
 * Runs one case. What goes wrong in it, the guest's own end included, is its result: others go on.
 *
 * @param path The path of its file, from which files that it names are found.
 * @throws {PluginError} `call.aborted`
 */
export async function runCase(bench: Bench, item: LocatedCase, path: string): Promise<TestResult> {
  let verdict: Verdict | undefined;
  let differences: readonly Difference[] = [];
  let error: PluginError | undefined;
  try {
    const plugin = bench.plugin(path, fakesOf(item.host), (given) => verdict = given);
    try {
      differences = await ask(plugin, item);
    } catch (thrown) {
      error = PluginError.from(thrown);
      if (error.code === "call.aborted") throw error;
      const compared = compareError(item.expect, error);
      if (compared !== undefined) {
        differences = compared;
        error = undefined;
      }
    }
    differences = [...differences, ...compareHost(item.expect, plugin)];
  } catch (thrown) {
    error = PluginError.from(thrown);
    if (error.code === "call.aborted") throw error;
  }
  return {
    file: item.from,
    line: item.line,
    name: item.name,
    status: error === undefined && differences.length === 0 ? "passed" : "failed",
    differences,
    verdict: verdict === undefined ? null : { allowed: verdict.allowed, reasons: verdict.reasons },
    error: error === undefined ? null : { code: error.code, message: error.message, stack: [] },
    fired: [...new Set(verdict?.reasons.map((reason) => reason.rule))],
  };
}

async function ask(plugin: TestedPlugin, item: LocatedCase): Promise<Difference[]> {
  const { call, request = {}, expect, settings, now } = item;
  if (call !== undefined) {
    return compareAnswer(expect, await plugin.call(call, request, { settings, now }));
  }
  return compareVerdict(expect, await plugin.check(item));
}

function fakesOf({ answers = {}, ...others }: CaseHost = {}): Fakes {
  const functions = Object.entries(answers).map(([name, answer]): [string, FakeAnswer] => [
    name,
    () => {
      if ("ok" in answer) return answer.ok;
      const { code, message, details } = answer.error;
      throw new PluginError(code, message, { details: { ...details } });
    },
  ]);
  return { ...others, answers: Object.fromEntries(functions) };
}
