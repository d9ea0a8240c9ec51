import type { Verdict } from "cofferdam/guest";
import { checksOf } from "./checks.ts";
import { Field } from "./field.ts";
import { Pod } from "./pod.ts";
import { Report } from "./report.ts";
import { readSettings } from "./settings.ts";
import { type Workload, workloadsIn } from "./workload.ts";

/** The parts of an admission request that matter here. */
export interface Question {
  readonly object: unknown;
  readonly operation?: string | undefined;
  readonly annotations?: Readonly<Record<string, unknown>> | undefined;
  readonly settings: unknown;
}

const ALLOWED: Verdict = { allowed: true, reasons: [] };

/** Judges one Kubernetes object by the Pod Security Standards. */
export function judge(question: Question): Verdict {
  const settings = readSettings(question.settings);
  if (typeof settings === "string") return denySettings(settings);
  if (question.operation === "DELETE") return ALLOWED;

  const report = new Report();
  const checks = checksOf(settings.level, settings.minor);
  for (const workload of workloadsIn(new Field(report, question.object).as("Object"))) {
    const namespace = namespaceOf(workload, question);
    if (typeof namespace === "string" && settings.exemptNamespaces.includes(namespace)) {
      report.exempt(workload.object, `the namespace ${JSON.stringify(namespace)} is exempt`);
      continue;
    }
    const pod = new Pod(workload.pod);
    for (const { rule, check } of checks) {
      check(pod, (field, wanted) => report.deny(rule, field, wanted));
    }
  }
  return report.verdict();
}

/** What an API server asks about says where it goes; a file says it only of itself. */
function namespaceOf({ object }: Workload, { annotations }: Question): unknown {
  const request = annotations?.["request"] ?? undefined;
  if (request === undefined) return object.at("metadata", "namespace").value;
  return (request as Readonly<Record<string, unknown>>)["namespace"];
}

function denySettings(why: string): Verdict {
  const message = `Nothing can be judged by these settings: ${why}`;
  return { allowed: false, reasons: [{ rule: "malformed-settings", severity: "error", message }] };
}
