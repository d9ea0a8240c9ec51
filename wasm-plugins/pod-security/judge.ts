import { checksOf } from "./checks.ts";
import { Field } from "./field.ts";
import { Pod } from "./pod.ts";
import { Report, type Verdict } from "./report.ts";
import { readSettings } from "./settings.ts";
import { podsOf } from "./workload.ts";

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
  const object = new Field(report, question.object).as("Object");
  const pods = podsOf(object);
  const namespace = namespaceOf(question);
  if (pods.length > 0 && namespace !== undefined && settings.exemptNamespaces.includes(namespace)) {
    return exempt(namespace);
  }
  const checks = checksOf(settings.level, settings.minor);
  for (const fields of pods) {
    const pod = new Pod(fields);
    for (const { rule, check } of checks) {
      check(pod, (field, wanted) => report.deny(rule, field, wanted));
    }
  }
  return report.verdict();
}

/** What an API server asks about says where it goes; a file says it only of itself. */
function namespaceOf({ annotations, object }: Question): string | undefined {
  const report = new Report();
  const request = new Field(report, annotations).at("request");
  const ofRequest = request.at("namespace").text();
  if (!request.isAbsent) return ofRequest;
  return new Field(report, object).at("metadata", "namespace").text();
}

function exempt(namespace: string): Verdict {
  const message = `Not judged: the namespace ${JSON.stringify(namespace)} is exempt`;
  return { allowed: true, reasons: [{ rule: "exempt-namespace", severity: "info", message }] };
}

function denySettings(why: string): Verdict {
  const message = `Nothing can be judged by these settings: ${why}`;
  return { allowed: false, reasons: [{ rule: "malformed-settings", severity: "error", message }] };
}
