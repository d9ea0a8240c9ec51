import type {
  FormatContext,
  Report,
  ReportReason,
  ReportResult,
} from "../../../src/cli/format/report.ts";

/** Without colours. */
export const PLAIN: FormatContext = { color: false, version: "0.1.0" };

/** With colours, as on a terminal. */
export const COLOURED: FormatContext = { color: true, version: "0.1.0" };

const IMAGES = { name: "image-policy", version: "1.2.0", digest: `sha256:${"a1".repeat(32)}` };
const LABELS = { name: "label-policy", version: "0.3.1", digest: `sha256:${"b2".repeat(32)}` };

const HELP = {
  "image-tag": "Name a version; `latest` is another image tomorrow.",
  "image-digest": "Pin what was tested: docker buildx imagetools inspect IMAGE prints the digest.",
  privileged: "Ask for the capabilities the container needs, one by one.",
  owner: "Every workload names the team that is called at night.",
} as const;

/** A run of two plugins in which everything happens that a format must show. */
export function sampleReport(): Report {
  return reportOf([
    result({ input: "k8s/namespace.yaml", subject: "Namespace/shop" }),
    result({ input: "k8s/service.yaml", subject: "Service/shop/web" }),
    result({ input: "k8s/service.yaml", document: 1, subject: "Service/shop/db" }),
    result({
      input: "k8s/web.yaml",
      subject: "Deployment/shop/web",
      allowed: false,
      reasons: [
        reason("image-tag", 'Image "nginx" has no tag.', {
          path: "/spec/template/spec/containers/0/image",
          line: 21,
          column: 18,
        }),
        reason("image-digest", 'Image "nginx" is not pinned by digest.', {
          severity: "warning",
          path: "/spec/template/spec/containers/0/image",
          line: 21,
          column: 18,
        }),
        reason("privileged", 'Container "agent" is privileged.', {
          path: "/spec/template/spec/containers/1/securityContext/privileged",
          line: 108,
          column: 27,
          waived: { reason: "The agent reads the node's counters (OPS-12)", until: "2027-01-31" },
        }),
      ],
    }),
    result({ input: "k8s/web.yaml", subject: "Deployment/shop/web", plugin: LABELS }),
    result({
      input: "k8s/web.yaml",
      document: 1,
      subject: "Deployment/shop/cache",
      allowed: false,
      reasons: [
        reason("image-tag", 'Image "redis:latest" has the tag "latest".', {
          path: "/spec/template/spec/containers/0/image",
          line: 131,
          column: 18,
        }),
      ],
    }),
    result({
      input: "k8s/web.yaml",
      document: 1,
      subject: "Deployment/shop/cache",
      plugin: LABELS,
      reasons: [
        // Its manifest does not declare this rule, and the reason is about no place in the file.
        reason("cost-centre", "No cost centre is named.", { severity: "info" }),
      ],
    }),
    result({
      input: "k8s/agent.yaml",
      subject: "DaemonSet/shop/agent",
      reasons: [
        reason("privileged", 'Container "agent" is privileged.', {
          path: "/spec/template/spec/containers/0/securityContext/privileged",
          line: 40,
          column: 25,
          waived: { reason: "The agent reads the node's counters (OPS-12)", until: "2027-01-31" },
        }),
      ],
    }),
    result({
      input: "Dockerfile",
      kind: "dockerfile",
      subject: "Dockerfile",
      allowed: null,
      error: { code: "sandbox.timeout", message: "Call admission_check: no answer in 5000 ms" },
    }),
    {
      input: "k8s/broken.yaml",
      document: null,
      kind: null,
      subject: null,
      plugin: null,
      allowed: null,
      reasons: [],
      error: {
        code: "document.duplicate-key",
        message: 'Parse "k8s/broken.yaml": the key "image" stands twice in one mapping',
        line: 9,
        column: 5,
      },
    },
  ]);
}

/** A run in which nothing was judged. */
export function emptyReport(): Report {
  return { results: [], summary: { allowed: 0, denied: 0, errors: 0 }, plugins: [] };
}

/** A report whose every text from outside is `text`: a denial, an excused reason and an error. */
export function hostileReport(text: string): Report {
  const plugin = { name: text, version: text, digest: text };
  const about = { input: text, document: 0, kind: "yaml", subject: text, plugin } as const;
  const said = { rule: text, message: text, path: `/${text}`, line: 1, column: 1, help: text };
  const waived = { reason: text, until: text };
  const error = { code: text, message: text, line: 1, column: 1 };
  const nobody = { document: null, kind: null, subject: null, plugin: null };
  const results: ReportResult[] = [
    { ...about, allowed: false, reasons: [{ ...said, severity: "error" }], error: null },
    { ...about, allowed: true, reasons: [{ ...said, severity: "error", waived }], error: null },
    { ...about, input: `${text}/quiet`, allowed: true, reasons: [], error: null },
    { ...about, allowed: null, reasons: [], error },
    { input: text, ...nobody, allowed: null, reasons: [], error },
  ];
  const rules = [{ id: text, title: text, help: text }];
  return {
    results,
    summary: { allowed: 2, denied: 1, errors: 2 },
    plugins: [{ ...plugin, rules }, { ...IMAGES, rules: [] }],
  };
}

/** A report over `results`, counted, by the two sample plugins. */
export function reportOf(results: readonly ReportResult[]): Report {
  const count = (allowed: boolean | null) => results.filter((r) => r.allowed === allowed).length;
  return {
    results,
    summary: { allowed: count(true), denied: count(false), errors: count(null) },
    plugins: [
      {
        ...IMAGES,
        rules: [
          { id: "image-tag", title: "Images carry a version", help: HELP["image-tag"] },
          { id: "image-digest", title: "Images are pinned", help: HELP["image-digest"] },
          { id: "privileged", title: "No privileged containers", help: HELP.privileged },
        ],
      },
      { ...LABELS, rules: [{ id: "owner", title: "Workloads have an owner", help: HELP.owner }] },
    ],
  };
}

/** An allow by the first sample plugin, but for what `changes` says. */
export function result(changes: Partial<ReportResult> & { input: string }): ReportResult {
  return {
    document: 0,
    kind: "kubernetes",
    subject: changes.input,
    plugin: IMAGES,
    allowed: true,
    reasons: [],
    error: null,
    ...changes,
  };
}

/** An error-severity reason without a place, but for what `changes` says. */
export function reason(
  rule: string,
  message: string,
  changes: Partial<ReportReason> = {},
): ReportReason {
  const help = (HELP as Record<string, string>)[rule];
  return {
    rule,
    message,
    severity: "error",
    path: null,
    line: null,
    column: null,
    ...(help === undefined ? {} : { help }),
    ...changes,
  };
}
