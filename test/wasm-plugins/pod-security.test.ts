import * as assert from "uvu/assert";
import type { Verdict } from "../../src/contract/admission.ts";
import type { JsonObject, JsonValue } from "../../src/json.ts";
import { CONTROLS, NEWEST_MINOR } from "../../wasm-plugins/pod-security/checks.ts";
import { refusesSettings } from "../support/cases.ts";
import { places } from "../support/places.ts";
import { suite } from "../support/suite.ts";
import { testPolicy } from "../support/tested-policy.ts";

const test = suite("wasm-plugins/pod-security");

// A host refuses such settings before it asks; below is what other hosts get.
const policy = await testPolicy(test, "pod-security", { elsewhere: ["malformed-settings"] });
const rules = policy.manifest.rules ?? [];

/** Rules that are no controls of the standards. */
const OWN_RULES = ["malformed-workload", "malformed-settings", "exempt-namespace"];

/** As https://kubernetes.io/docs/concepts/security/pod-security-standards/ names them, in its order. */
const TITLES = [
  "HostProcess",
  "Host Namespaces",
  "Privileged Containers",
  "Capabilities",
  "HostPath Volumes",
  "Host Ports",
  "Host Probes / Lifecycle Hooks (v1.34+)",
  "AppArmor",
  "SELinux",
  "/proc Mount Type",
  "Seccomp",
  "Sysctls",
  "Volume Types",
  "Privilege Escalation (v1.8+)",
  "Running as Non-root",
  "Running as Non-root user (v1.23+)",
  "Seccomp (v1.19+)",
  "Capabilities (v1.22+)",
];

test("rules have the names of the standard's controls", () => {
  const controls = rules.filter((rule) => !OWN_RULES.includes(rule.id));
  assert.equal(controls.map((rule) => rule.title), TITLES);
  const ids = new Set<string>();
  for (const { id, title } of controls) {
    const name = title.replace(/ \(v.*/, "").toLowerCase().match(/[a-z]+/g)!.join("-");
    // Both levels have a control of seccomp and one of capabilities.
    assert.is(id, ids.has(name) ? `${name}-restricted` : name);
    ids.add(id);
  }
  assert.equal([...new Set(CONTROLS.map((control) => control.rule))].sort(), [...ids].sort());
});

const PROBES = ["livenessProbe", "readinessProbe", "startupProbe"];
const HOOKS = ["lifecycle/postStart", "lifecycle/preStop"];

/** The fields of each control; those of containers are named without the list they are in. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  "hostprocess": [
    "/spec/securityContext/windowsOptions/hostProcess",
    "securityContext/windowsOptions/hostProcess",
  ],
  "host-namespaces": ["/spec/hostNetwork", "/spec/hostPID", "/spec/hostIPC"],
  "privileged-containers": ["securityContext/privileged"],
  "capabilities": ["securityContext/capabilities/add/0"],
  "hostpath-volumes": ["/spec/volumes/0/hostPath"],
  "host-ports": ["ports/0/hostPort"],
  "host-probes-lifecycle-hooks": [...PROBES, ...HOOKS]
    .flatMap((handler) => [`${handler}/httpGet/host`, `${handler}/tcpSocket/host`]),
  "apparmor": [
    "/spec/securityContext/appArmorProfile/type",
    "securityContext/appArmorProfile/type",
    "/metadata/annotations/container.apparmor.security.beta.kubernetes.io~1a",
  ],
  "selinux": ["type", "user", "role"].flatMap((option) => [
    `/spec/securityContext/seLinuxOptions/${option}`,
    `securityContext/seLinuxOptions/${option}`,
  ]),
  "proc-mount-type": ["securityContext/procMount"],
  "seccomp": [
    "/spec/securityContext/seccompProfile/type",
    "securityContext/seccompProfile/type",
    "/metadata/annotations/seccomp.security.alpha.kubernetes.io~1pod",
    "/metadata/annotations/container.seccomp.security.alpha.kubernetes.io~1d",
  ],
  "sysctls": ["/spec/securityContext/sysctls/0/name"],
  "volume-types": ["/spec/volumes/0/hostPath"],
  "privilege-escalation": ["securityContext/allowPrivilegeEscalation"],
  "running-as-non-root": ["/spec/securityContext/runAsNonRoot", "securityContext/runAsNonRoot"],
  "running-as-non-root-user": ["/spec/securityContext/runAsUser", "securityContext/runAsUser"],
  "seccomp-restricted": [
    "/spec/securityContext/seccompProfile/type",
    "securityContext/seccompProfile/type",
  ],
  "capabilities-restricted": [
    "securityContext/capabilities/drop",
    "securityContext/capabilities/add/0",
  ],
};

const IN_CONTAINER = /^\/spec\/(\w+ontainers)\/\d+\//;

test("cases deny every field of every control, in every list of containers", () => {
  assert.equal(Object.keys(FIELDS).sort(), [...new Set(CONTROLS.map((it) => it.rule))].sort());
  for (const [rule, fields] of Object.entries(FIELDS)) {
    const paths = policy.cases.flatMap(({ expect }) =>
      (expect.paths ?? []).flatMap((path, i) => expect.rules?.[i] === rule ? path ?? [] : [])
    );
    const shown = paths.map((path) => path.replace(IN_CONTAINER, ""));
    for (const field of fields) assert.ok(shown.includes(field), `${rule}: ${field}`);
    const lists = new Set(paths.flatMap((path) => IN_CONTAINER.exec(path)?.[1] ?? []));
    const isAboutContainers = fields.some((field) => !field.startsWith("/"));
    assert.is(lists.size, isAboutContainers ? 3 : 0, rule);
  }
});

const pod = (spec: JsonObject, metadata: JsonObject = {}): JsonObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata,
  spec: { containers: [{ name: "web" }], ...spec },
});

const judged = (object: JsonValue, settings: JsonObject = {}): Promise<Verdict> =>
  policy.bench.plugin(import.meta.url).check({ object, settings });

const MESSAGES: readonly (readonly [JsonObject, string])[] = [
  [pod({ hostPID: true }), "Pod: spec.hostPID is true; allowed: false or not set"],
  [pod({ hostPID: "yes" }), 'Pod: spec.hostPID is "yes"; must be true or false'],
  [
    pod({
      containers: [{ name: "web", securityContext: { capabilities: { add: ["SYS_TIME"] } } }],
    }),
    'Container "web": securityContext.capabilities.add[0] is "SYS_TIME"; allowed: "AUDIT_WRITE", ' +
    '"CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP", ' +
    '"SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"',
  ],
  [
    pod({ initContainers: [{ name: 'a"\n', ports: [{ hostPort: 80 }] }] }),
    'Init container "a\\"\\n": ports[0].hostPort is 80; allowed: 0 or not set',
  ],
  [
    pod({ ephemeralContainers: [{ securityContext: { procMount: "Unmasked" } }] }),
    'Pod: spec.ephemeralContainers[0].securityContext.procMount is "Unmasked"; ' +
    'allowed: "Default" or not set',
  ],
  [
    pod({ volumes: [{ name: "disk", hostPath: { path: "/dev", type: ["x"] } }] }),
    'Volume "disk": hostPath is {"path": "/dev", "type": […]}; allowed: volumes of other types',
  ],
  [
    pod({}, {
      annotations: { "container.apparmor.security.beta.kubernetes.io/web": "unconfined" },
    }),
    'Pod: metadata.annotations["container.apparmor.security.beta.kubernetes.io/web"] is ' +
    '"unconfined"; allowed: "runtime/default", "localhost/…", empty or not set',
  ],
  [
    pod({ securityContext: { seLinuxOptions: { user: "x".repeat(500) } } }),
    `Pod: spec.securityContext.seLinuxOptions.user is "${"x".repeat(100)}…"; ` +
    "allowed: empty or not set",
  ],
  [
    { apiVersion: "batch/v1", kind: "CronJob", spec: [] },
    "CronJob: spec is []; must be an object",
  ],
];

for (const [object, message] of MESSAGES) {
  test(`a reason says: ${message.slice(0, 60)}`, async () => {
    const { reasons } = await judged(object, { level: "baseline" });
    assert.equal(reasons.map((reason) => reason.message), [message]);
  });
}

test("what is not set has the path where it belongs", async () => {
  const { reasons } = await judged(pod({}));
  assert.is(
    reasons[0]!.message,
    'Container "web": securityContext.allowPrivilegeEscalation is not set; allowed: false',
  );
  assert.is(reasons[0]!.path, "/spec/containers/0/securityContext/allowPrivilegeEscalation");
});

const BAD_SETTINGS: readonly JsonValue[] = [
  [],
  { level: "privileged" },
  { level: null },
  { level: ["baseline"] },
  { version: "1.29" },
  { version: "v1.29.1" },
  { version: "v1.029" },
  { version: "v2.0" },
  { version: `v1.${NEWEST_MINOR + 1}` },
  { version: "v1.100" },
  { version: " latest" },
  { version: "latest\n" },
  { version: 1.29 },
  { exemptNamespaces: "kube-system" },
  { exemptNamespaces: [null] },
  { levels: "baseline" },
];

for (const settings of BAD_SETTINGS) {
  test(`settings ${JSON.stringify(settings)} are refused, and deny where nobody looked`, async () => {
    const object = { apiVersion: "v1", kind: "Service" };
    await refusesSettings(policy.bench, settings);
    const { allowed, reasons } = await policy.bare.check("kubernetes", object, settings);
    assert.is(allowed, false);
    assert.equal(reasons.map((reason) => reason.rule), ["malformed-settings"]);
  });
}

test("settings may name every version that is known", async () => {
  const newest = Math.max(...CONTROLS.flatMap((it) => it.since.map(([minor]) => minor)));
  assert.is(newest, NEWEST_MINOR);
  for (let minor = 0; minor <= NEWEST_MINOR; minor++) {
    const settings = { level: "baseline", version: `v1.${minor}`, exemptNamespaces: ["a-1"] };
    const { reasons } = await judged({ apiVersion: "v1", kind: "Service" }, settings);
    assert.equal(reasons, [], settings.version);
  }
});

test("no value in no place keeps the plugin from a verdict, or gets past baseline alone", async () => {
  const strange: readonly JsonValue[] = [
    ...[null, 0, -1, 1e308, true, false, "", "true", "/", [], {}],
    ...[
      [null],
      [[]],
      { "": [[]] },
      { name: {} },
      JSON.parse('{"__proto__": {"x": 1}}') as JsonValue,
    ],
  ];
  let count = 0;
  for (const { object = null } of policy.cases) {
    for (const replace of places(object)) {
      const changed = replace(strange[count++ % strange.length]!);
      const restricted = await policy.bare.check("kubernetes", changed, { level: "restricted" });
      const baseline = await policy.bare.check("kubernetes", changed, { level: "baseline" });
      for (const { allowed, reasons } of [restricted, baseline]) {
        assert.is(allowed, reasons.length === 0);
      }
      assert.ok(baseline.allowed || !restricted.allowed, JSON.stringify(changed));
    }
  }
  assert.ok(count > 2000, `${count} places`);
});

test("an inherited member is none", async () => {
  const settings = { level: "baseline" };
  const object = JSON.parse(
    '{"apiVersion": "v1", "kind": "Pod", "spec": {"__proto__": {"hostPID": true}, ' +
      '"containers": [{"name": "a", "__proto__": {"securityContext": {"privileged": true}}}]}}',
  ) as JsonValue;
  assert.equal((await judged(object, settings)).reasons, []);
});

test("reasons stay within a verdict's bounds", async () => {
  const containers = Array.from(
    { length: 5000 },
    (_, i) => ({ name: `c${i}`, securityContext: 5 }),
  );
  const { reasons } = await policy.bare.check("kubernetes", pod({ containers }));
  assert.is(reasons.length, 1000);
  assert.match(reasons.at(-1)!.message, /\(and 4000 reasons more\)$/);

  const exempt = { metadata: { namespace: "a" } };
  const items = Array.from({ length: 1100 }, (_, i) => i < 1050 ? exempt : {});
  const podList = { apiVersion: "v1", kind: "PodList", items };
  const list = await judged(podList, { exemptNamespaces: ["a"] });
  assert.equal([list.allowed, list.reasons.length], [false, 1000]);
  assert.is(list.reasons[0]!.path, "/items/1050/spec/containers");

  const name = "🎉".repeat(200_000);
  const verdict = await judged(pod({ volumes: [{ name, [name]: { [name]: name } }] }));
  assert.ok(verdict.reasons.at(-1)!.message.length < 1500);
});

test.run();
