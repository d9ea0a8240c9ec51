import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { parse } from "yaml";
import { NEWEST_MINOR } from "../../../wasm-plugins/pod-security/checks.ts";
import { LEVELS } from "../../../wasm-plugins/pod-security/control.ts";
import { judge } from "../../../wasm-plugins/pod-security/judge.ts";
import { leaveOut } from "../../support/optional.ts";
import { suite } from "../../support/suite.ts";
import { CHECK_IDS, denyingRule, ruleOf } from "./check.ts";
import { findModule } from "./upstream.ts";

const test = suite("real/pod-security fixtures");

/** `capabilities_baseline3.yaml` is the fourth pod for the check `capabilities_baseline`. */
const checkOf = (file: string) => file.replace(/\d*\.yaml$/, "");

/** Pods that pass without being about a check: `base.yaml`, `base_windows.yaml`. */
const isBase = (check: string) => check === "base" || check.startsWith("base_");

/**
 * What the fixtures for a check break besides it: a Windows host process works with the host's network
 * alone, the API server takes no privileged container that may not escalate, and a container without any
 * security context lacks more than one setting.
 */
const ALONG: Readonly<Record<string, readonly string[]>> = {
  windowshostprocess: ["host-namespaces"],
  privileged: ["privilege-escalation"],
  allowprivilegeescalation: ["capabilities-restricted"],
  capabilities_restricted: ["privilege-escalation"],
};

const module = await findModule();
if ("unavailable" in module) {
  leaveOut("real/pod-security fixtures", module.unavailable);
} else {
  const data = join(module.path, "test", "testdata");
  const files = (...steps: string[]) => readdirSync(join(data, ...steps)).sort();

  // Most fixtures are the same text in many versions.
  const pods = new Map<string, unknown>();
  const readPod = (...steps: string[]) => {
    const text = readFileSync(join(data, ...steps), "utf8");
    if (!pods.has(text)) pods.set(text, parse(text));
    return pods.get(text);
  };
  const rulesOf = (object: unknown, level: string, version: string) => {
    const { allowed, reasons } = judge({ object, settings: { level, version } });
    assert.is(allowed, reasons.length === 0);
    return [...new Set(reasons.map((reason) => reason.rule))];
  };

  const versions = Array.from({ length: NEWEST_MINOR + 1 }, (_, minor) => `v1.${minor}`);

  for (const level of LEVELS) {
    test(`upstream knows the versions of ${level} that are known here`, () => {
      assert.equal(files(level), [...versions].sort());
    });

    test(`what passes at ${level} is allowed`, () => {
      for (const version of versions) {
        for (const file of files(level, version, "pass")) {
          const pod = readPod(level, version, "pass", file);
          assert.equal(rulesOf(pod, level, version), [], `${version}/pass/${file}`);
        }
      }
    });

    test(`what fails at ${level} is denied, by the rule for the check alone`, () => {
      for (const [minor, version] of versions.entries()) {
        for (const file of files(level, version, "fail")) {
          const pod = readPod(level, version, "fail", file);
          const check = checkOf(file);
          const along = ALONG[check] ?? [];
          const rules = rulesOf(pod, level, version).filter((rule) => !along.includes(rule));
          assert.equal(rules, [denyingRule(check, level, minor)], `${version}/fail/${file}`);
        }
      }
    });
  }

  test("the newest version is the latest", () => {
    const newest = versions.at(-1)!;
    for (const level of LEVELS) {
      for (const folder of ["pass", "fail"]) {
        for (const file of files(level, newest, folder)) {
          const pod = readPod(level, newest, folder, file);
          assert.equal(rulesOf(pod, level, "latest"), rulesOf(pod, level, newest));
        }
      }
    }
  });

  test("every check of the fixtures has a rule, and every rule's check has fixtures", () => {
    const seen = new Set<string>();
    for (const level of LEVELS) {
      for (const version of versions) {
        for (const folder of ["pass", "fail"]) {
          for (const file of files(level, version, folder)) seen.add(checkOf(file));
        }
      }
    }
    const checks = [...seen].filter((check) => !isBase(check)).sort();
    for (const check of checks) assert.is.not(ruleOf(check), undefined, check);
    assert.equal(checks, CHECK_IDS.map((id) => id.toLowerCase()).sort());
  });

  test("every check_*.go of the module is one of them", () => {
    const sources = files("..", "..", "policy").filter((file) =>
      /^check_.*(?<!_test)\.go$/.test(file)
    );
    const ids = sources.flatMap((file) => {
      const text = readFileSync(join(module.path, "policy", file), "utf8");
      return [...text.matchAll(/(?:\bID:\s*|\bCheckID = )"(\w+)"/g)].map((match) => match[1]!);
    });
    assert.is(ids.length, sources.length);
    assert.equal(ids.sort(), [...CHECK_IDS]);
  });
}

test.run();
