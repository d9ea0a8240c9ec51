import * as assert from "uvu/assert";
import { formatText } from "../../../src/cli/format/text.ts";
import { HOSTILE_TEXTS } from "./hostile-text.ts";
import {
  COLOURED,
  emptyReport,
  hostileReport,
  PLAIN,
  reason,
  reportOf,
  result,
  sampleReport,
} from "./sample-report.ts";
import { suite } from "../../support/suite.ts";

const test = suite("cli/format/text");

const SAMPLE = `✓ k8s/namespace.yaml  Namespace/shop  kubernetes
✓ k8s/service.yaml    Service/shop/web  kubernetes
✓ k8s/service.yaml    Service/shop/db  kubernetes

k8s/web.yaml
  ✗ Deployment/shop/web  kubernetes  image-policy ✗, label-policy ✓
      k8s/web.yaml:21:18   error    image-tag     image-policy
        Image "nginx" has no tag.
        help: Name a version; \`latest\` is another image tomorrow.
      k8s/web.yaml:21:18   warning  image-digest  image-policy
        Image "nginx" is not pinned by digest.
        help: Pin what was tested: docker buildx imagetools inspect IMAGE prints the digest.
      k8s/web.yaml:108:27  waived   privileged    image-policy
        Container "agent" is privileged.
        waived until 2027-01-31: The agent reads the node's counters (OPS-12)
        help: Ask for the capabilities the container needs, one by one.
  ✗ Deployment/shop/cache  kubernetes  image-policy ✗, label-policy ✓
      k8s/web.yaml:131:18  error  image-tag    image-policy
        Image "redis:latest" has the tag "latest".
      k8s/web.yaml         info   cost-centre  label-policy
        No cost centre is named.

k8s/agent.yaml
  ✓ DaemonSet/shop/agent  kubernetes  image-policy ✓
      k8s/agent.yaml:40:25  waived  privileged  image-policy
        Container "agent" is privileged.
        waived until 2027-01-31: The agent reads the node's counters (OPS-12)

Dockerfile
  ? dockerfile  image-policy ?
      Dockerfile  failed  sandbox.timeout  image-policy
        Call admission_check: no answer in 5000 ms

k8s/broken.yaml
  ? no document could be read
      k8s/broken.yaml:9:5  failed  document.duplicate-key
        Parse "k8s/broken.yaml": the key "image" stands twice in one mapping

6 allowed, 2 denied, 2 could not tell
`;

// deno-lint-ignore no-control-regex -- a colour is one
const COLOUR = /\u001b\[\d+m/g;

test("formatText() shows a whole run at a glance", () => {
  assert.is(formatText(sampleReport(), PLAIN), SAMPLE);
});

test("formatText() adds nothing but colours on a terminal", () => {
  const coloured = formatText(sampleReport(), COLOURED);
  assert.ok((coloured.match(COLOUR)?.length ?? 0) > 20);
  assert.is(coloured.replace(COLOUR, ""), SAMPLE);
});

test("formatText() gives the help of a rule once, and of each plugin's rule of that name", () => {
  const own = [reason("image-tag", "a"), reason("image-tag", "b")];
  const other = { name: "other", version: "1.0.0", digest: "sha256:00" };
  const report = reportOf([
    result({ input: "a", allowed: false, reasons: own }),
    result({ input: "b", allowed: false, reasons: own }),
    result({ input: "b", allowed: false, reasons: own, plugin: other }),
  ]);
  assert.is(formatText(report, PLAIN).match(/help: Name a version/g)?.length, 2);
});

test("formatText() does not name the plugin where there is only one", () => {
  const report = reportOf([result({ input: "a", allowed: false, reasons: [reason("x", "y")] })]);
  const one = { ...report, plugins: report.plugins.slice(0, 1) };
  assert.match(formatText(report, PLAIN), "image-policy");
  assert.not.match(formatText(one, PLAIN), "image-policy");
});

test("formatText() gives an allowed document one line", () => {
  const names = ["a.yaml", "long/name/b.yaml"];
  const report = reportOf(names.map((input) => result({ input, subject: "Pod/x" })));
  assert.is(
    formatText(report, PLAIN),
    `✓ a.yaml            Pod/x  kubernetes
✓ long/name/b.yaml  Pod/x  kubernetes

2 allowed, 0 denied, 0 could not tell
`,
  );
});

test("formatText() renders a report without results", () => {
  assert.is(formatText(emptyReport(), PLAIN), "0 allowed, 0 denied, 0 could not tell\n");
});

test("formatText() renders ten thousand files", () => {
  const names = Array.from({ length: 10_000 }, (_, index) => `k8s/${index}.yaml`);
  const text = formatText(reportOf(names.map((input) => result({ input }))), PLAIN);
  assert.is(text.split("\n").length, 10_003);
});

for (const [what, text] of Object.entries(HOSTILE_TEXTS)) {
  test(`formatText() lets no line of ${what} pass for its own`, () => {
    const lines = formatText(hostileReport(text), PLAIN).split("\n");
    const marks = lines.filter((line) => /^\s*[✓✗?]/.test(line));
    assert.is(marks.length, formatText(hostileReport("x"), PLAIN).match(/^\s*[✓✗?]/gm)?.length);
    assert.is(lines.filter((line) => /could not tell/.test(line)).length, 1);
    const coloured = formatText(hostileReport(text), COLOURED);
    assert.is(coloured.replace(COLOUR, ""), formatText(hostileReport(text), PLAIN));
  });
}

test.run();
