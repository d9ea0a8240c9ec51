import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import * as assert from "uvu/assert";
import type { JsonObject, JsonValue } from "../../../src/json.ts";
import { NEWEST_MINOR } from "../../../wasm-plugins/pod-security/checks.ts";
import { type Level, LEVELS } from "../../../wasm-plugins/pod-security/control.ts";
import { judge } from "../../../wasm-plugins/pod-security/judge.ts";
import { leaveOut } from "../../support/optional.ts";
import { suite } from "../../support/suite.ts";
import { CHECK_IDS, controlOf, ruleOf } from "./check.ts";
import { disturb, randomPod, xorshift } from "./random-pod.ts";
import { buildOracle } from "./upstream.ts";

const test = suite("real/pod-security oracle");

interface Question {
  readonly level: Level;
  readonly version: string;
  readonly pod: JsonValue;
}

/** What the oracle says: ids of checks, or with what error the pod is none. */
interface Answer {
  readonly forbidden: readonly string[];
  readonly error?: string;
}

const MALFORMED = "malformed-workload";
const PODS = 4000;

/** Fields that no control of the newest version looks at. */
const NOT_JUDGED =
  /(?<!sysctls)\.(name|image|port|runAsUserName) |sysctls\.value |annotations |intstr/;

const oracle = await buildOracle();
if ("unavailable" in oracle) {
  leaveOut("real/pod-security oracle", oracle.unavailable);
} else {
  const run = (...args: readonly string[]): string => {
    const options = { encoding: "utf8", maxBuffer: 2 ** 28 } as const;
    const { status, stdout, stderr } = spawnSync(oracle.path, args, options);
    assert.is(status, 0, stderr);
    return stdout;
  };

  // By a file: on Deno, a long standard input and a long output wait for each other.
  const ask = (questions: readonly Question[]): Answer[] => {
    const file = `${oracle.path}.jsonl`;
    writeFileSync(file, questions.map((question) => JSON.stringify(question)).join("\n"));
    const answers = run("judge", file).trimEnd().split("\n");
    return answers.map((line) => JSON.parse(line) as Answer);
  };

  const rulesOf = ({ level, version, pod }: Question): string[] => {
    const { allowed, reasons } = judge({ object: pod, settings: { level, version } });
    assert.is(allowed, reasons.length === 0);
    return unique(reasons.map((reason) => reason.rule));
  };

  const questions = (seed: number, change: (pod: JsonObject) => JsonValue): Question[] => {
    const random = xorshift(seed);
    return Array.from({ length: PODS }, () => ({
      level: LEVELS[random(LEVELS.length)]!,
      version: `v1.${random(NEWEST_MINOR + 1)}`,
      pod: change(randomPod(random)),
    }));
  };

  test("every check of upstream has a control of the same level, with the same versions", () => {
    const checks = JSON.parse(run("checks")) as {
      id: string;
      level: string;
      versions: string[];
    }[];
    assert.equal(checks.map((check) => check.id).sort(), [...CHECK_IDS]);
    for (const { id, level, versions } of checks) {
      const since = controlOf(id, level)?.since.map(([minor]) => `v1.${minor}`);
      assert.equal(since, versions, id);
    }
  });

  test("random pods break the rules for the checks that forbid them, and no other", () => {
    const asked = questions(20_261_127, (pod) => pod);
    let allowed = 0;
    for (const [i, { forbidden, error }] of ask(asked).entries()) {
      assert.is(error, undefined);
      const wanted = unique(forbidden.map((id) => ruleOf(id)!));
      assert.equal(rulesOf(asked[i]!), wanted, JSON.stringify(asked[i]));
      if (wanted.length === 0) allowed++;
    }
    assert.ok(allowed > PODS / 100 && allowed < PODS / 2, `${allowed} of ${PODS} allowed`);
  });

  const random = xorshift(5);
  const disturbed = (pod: JsonObject): JsonObject => {
    const part = random(8) === 0 ? "metadata" : "spec";
    return { ...pod, [part]: disturb(pod[part]!, random) };
  };

  test("pods with a value of any type are judged alike, where they can be read", () => {
    const asked = questions(77, disturbed);
    let read = 0;
    for (const [i, { forbidden, error }] of ask(asked).entries()) {
      const rules = rulesOf(asked[i]!);
      if (error !== undefined || rules.includes(MALFORMED)) continue;
      assert.equal(rules, unique(forbidden.map((id) => ruleOf(id)!)), JSON.stringify(asked[i]));
      read++;
    }
    assert.ok(read > PODS / 10, `${read} of ${PODS} read`);
  });

  test("pods that upstream cannot read are denied, where a control looks", () => {
    const asked = questions(78, (pod) => {
      // Either of the two exempts from some controls, which then do not look.
      const { os: _os, hostUsers: _hostUsers, ...spec } = pod["spec"] as JsonObject;
      return disturbed({ ...pod, spec });
    }).map((question) => ({ ...question, level: "restricted" as const, version: "latest" }));
    let unread = 0;
    for (const [i, { error }] of ask(asked).entries()) {
      if (error === undefined || NOT_JUDGED.test(error)) continue;
      assert.is.not(rulesOf(asked[i]!).length, 0, `${error}: ${JSON.stringify(asked[i])}`);
      unread++;
    }
    assert.ok(unread > PODS / 4, `${unread} of ${PODS} unread`);
  });
}

function unique(rules: readonly string[]): string[] {
  return [...new Set(rules)].sort();
}

test.run();
