/** What guests ask of capabilities, and the one code that each gets; see `capability.test.ts`. */
import type { GrantedName } from "../../src/capability/table.ts";
import type { Outcome } from "./hostile-guest.ts";

/** One request. */
export interface HostileRequest {
  readonly capability: GrantedName | "log";
  /** `state_get` */
  readonly name: string;
  /** A text goes as it is. */
  readonly request: unknown;
  readonly code: Outcome;
}

const NUL = "\0";
const LONG = "x".repeat(300_000);
const DEEP = "[".repeat(100_000);

/** Names that JavaScript's prototypes have. */
export const PROTOTYPE_NAMES: readonly string[] = [
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
];

/** Nobody's names, by what they try. */
export const NOT_NAMES: readonly string[] = [
  "",
  ".",
  "..",
  "../x",
  "a/b",
  "/etc",
  "a\\b",
  `a${NUL}b`,
  "a\nb",
  "a b",
  "-rf",
  ".hidden",
  "ä",
  "a\u202eb",
  "x".repeat(256),
  "__proto__",
];

/** The same in every function that takes JSON. */
const ANY: readonly [name: string, request: unknown][] = [
  ["an empty request", ""],
  ["no JSON", "{key:1}"],
  ["a list", []],
  ["null", null],
  ["100,000 lists within each other", DEEP],
  ["a key twice", '{"key":"a","key":"b"}'],
  ["half a surrogate pair", '{"key":"\\ud800"}'],
  ["a prototype", '{"__proto__":{"key":"a"}}'],
  ["nothing that it needs", {}],
];

const FUNCTIONS: readonly [GrantedName | "log", string, Record<string, unknown>][] = [
  ["state", "state_get", { key: "k" }],
  ["state", "state_put", { key: "k", value: "v" }],
  ["state", "state_delete", { key: "k" }],
  ["state", "state_swap", { key: "k", expected: null, value: null }],
  ["state", "state_swap_all", { changes: [{ key: "k", expected: null, value: null }] }],
  ["directory", "directory_create", { name: "n" }],
  ["directory", "directory_stat", { name: "n" }],
  ["directory", "directory_remove", { name: "n" }],
  ["directory", "directory_path", { name: "n" }],
  ["metadata", "metadata_list", { package: "a/b" }],
  ["exec", "exec_run", { command: "echo" }],
  ["delegate", "delegate_status", { type: "fake", config: { type: "fake" } }],
  ["log", "log", { level: "info", message: "m" }],
];

const malformed = FUNCTIONS.flatMap(([capability, name, good]) => [
  ...ANY.map(([, request]): HostileRequest => ({
    capability,
    name,
    request,
    code: "capability.invalid",
  })),
  ...["__proto__", "constructor", "toString", "valueOf", "more"].map((key): HostileRequest => ({
    capability,
    name,
    request: `${JSON.stringify(good).slice(0, -1)},"${key}":1}`,
    code: "capability.invalid",
  })),
]);

const list = ["state_list", "directory_list"].flatMap((name): HostileRequest[] => {
  const capability = name === "state_list" ? "state" : "directory";
  return [0, -1, 1.5, 1_001, "1", null].map((limit) => ({
    capability,
    name,
    request: { limit },
    code: "capability.invalid",
  }));
});

const state = ([
  ["state_get", { key: "" }, "capability.invalid"],
  ["state_get", { key: 1 }, "capability.invalid"],
  ["state_get", { key: "x".repeat(513) }, "capability.limit"],
  ["state_get", { key: "\u{10ffff}".repeat(200) }, "capability.limit"],
  ["state_get", { key: NUL }, "allowed"],
  ["state_put", { key: "k", value: LONG }, "capability.limit"],
  ["state_put", { key: "k", value: null }, "capability.invalid"],
  ["state_put", { key: "x".repeat(513), value: "v" }, "capability.limit"],
  ["state_swap", { key: "k", expected: LONG, value: "v" }, "allowed"],
  ["state_list", { prefix: "x".repeat(513) }, "capability.limit"],
  ["state_list", { after: LONG }, "capability.limit"],
  ["state_list", { prefix: "../" }, "allowed"],
  ...PROTOTYPE_NAMES.flatMap((key) => [
    ["state_get", { key }, "allowed"],
    ["state_swap", { key, expected: null, value: "own" }, "allowed"],
    ["state_delete", { key }, "allowed"],
  ]),
] as [string, unknown, Outcome][]).map(([name, request, code]): HostileRequest => ({
  capability: "state",
  name,
  request,
  code,
}));

const directory = ["create", "stat", "remove", "path"].flatMap((verb): HostileRequest[] => {
  const name = `directory_${verb}`;
  const row = (child: unknown, code: Outcome): HostileRequest => ({
    capability: "directory",
    name,
    request: { name: child },
    code,
  });
  return [
    ...NOT_NAMES.map((child) => row(child, "capability.invalid")),
    row(["a"], "capability.invalid"),
    // Links in the root, one to a folder outside of it; a file.
    row("link", "capability.denied"),
    row("dangling", "capability.denied"),
    row("file", "capability.denied"),
    ...(verb === "create"
      ? []
      : [row("missing", "capability.not-found"), row("toString", "capability.not-found")]),
  ];
});

const metadata = ([
  [{ package: "../etc" }, "capability.invalid"],
  [{ package: "A" }, "capability.invalid"],
  [{ package: `a${NUL}` }, "capability.invalid"],
  [{ package: "other" }, "capability.denied"],
  [{ package: "ab" }, "capability.denied"],
  [{ package: "a/b", service: "https://evil.example" }, "capability.denied"],
  [{ package: "a/b", instanceId: "x" }, "capability.invalid"],
  [{ package: "a/b", keys: ["__proto__"] }, "capability.denied"],
  [{ package: "a/b", keys: ["constructor"] }, "capability.denied"],
  [{ package: "a/b", keys: new Array(1_001).fill("k") }, "capability.invalid"],
  [{ package: "a/b", pageSize: 0 }, "capability.invalid"],
  [{ package: "a/b", pageSize: 1e9 }, "capability.invalid"],
  [{ package: "a/b", pageToken: LONG }, "capability.invalid"],
  [{ package: "a/throws" }, "capability.failed"],
  [{ package: "a/throws-nothing" }, "capability.failed"],
  [{ package: "a/nothing" }, "capability.failed"],
  [{ package: "a/flood" }, "capability.failed"],
  [{ package: "a/huge" }, "capability.failed"],
  [{ package: "a/prototype" }, "capability.failed"],
  [{ package: "a/trap" }, "capability.failed"],
  [{ package: "a/back" }, "capability.failed"],
] as [unknown, Outcome][]).map(([request, code]): HostileRequest => ({
  capability: "metadata",
  name: "metadata_list",
  request,
  code,
}));

const hole = (request: unknown, code: Outcome): HostileRequest => ({
  capability: "exec",
  name: "exec_run",
  request,
  code,
});

const exec: readonly HostileRequest[] = [
  ...["", "sh", "/bin/sh", "ECHO", "echo ", ...PROTOTYPE_NAMES].map((command) =>
    hole({ command }, "capability.denied")
  ),
  ...[
    "",
    "-n",
    "--help",
    "a\nb",
    "a\rb",
    `a${NUL}b`,
    "a\u001b[2Jb",
    "a\u2028b",
    "x".repeat(257),
    "a;reboot",
    "$(reboot)",
    "a b",
  ].flatMap((value) => [
    hole({ command: "echo", holes: { name: value } }, "capability.invalid"),
    hole({
      command: "whole",
      holes: {
        anything: value.replace("a b", "").replace("a;reboot", "-").replace("$(reboot)", "-x"),
      },
    }, "capability.invalid"),
  ]),
  ...[-1, 1.5, 1e300, 101, "1e2", "0x10", " 1", "+1", "01"].map((n) =>
    hole({ command: "number", holes: { n } }, "capability.invalid")
  ),
  hole({ command: "echo", holes: {} }, "capability.invalid"),
  hole({ command: "echo", holes: { name: "a", other: "b" } }, "capability.invalid"),
  hole({ command: "echo", holes: { name: ["a"] } }, "capability.invalid"),
  ...["constructor", "toString"].map((key) =>
    hole({ command: "echo", holes: { name: "a", [key]: "b" } }, "capability.invalid")
  ),
  hole('{"command":"echo","holes":{"name":"a","__proto__":"b"}}', "capability.invalid"),
  hole('{"command":"echo","holes":{"__proto__":{"name":"a"}}}', "capability.invalid"),
  hole({ command: "echo", holes: { name: "a" }, stdin: "x" }, "capability.invalid"),
  hole({ command: "echo", holes: { name: "a" }, env: { LD_PRELOAD: "x" } }, "capability.invalid"),
  hole({ command: "echo", holes: { name: "good" } }, "allowed"),
];

const attachment = {
  type: "fake",
  config: { cniVersion: "1.1.0", name: "n", type: "fake" },
  containerId: "c1",
  netns: "/run/netns/x",
  ifname: "eth0",
};

const attach = (change: Record<string, unknown>, code: Outcome): HostileRequest => ({
  capability: "delegate",
  name: "delegate_add",
  request: { ...attachment, ...change },
  code,
});

const delegate: readonly HostileRequest[] = [
  ...["", "other", "../fake", "./fake", "/bin/sh", `fake${NUL}`, "FAKE", ...PROTOTYPE_NAMES].map((
    type,
  ) => attach({ type, config: { ...attachment.config, type } }, "capability.denied")),
  attach({ config: { ...attachment.config, type: "other" } }, "capability.invalid"),
  attach({ config: { ...attachment.config, ipam: { type: "other" } } }, "capability.denied"),
  attach({ config: "fake" }, "capability.invalid"),
  ...["", "../x", "a/b", "-x", "a\nb", "x".repeat(254)].map((containerId) =>
    attach({ containerId }, "capability.invalid")
  ),
  ...["run/netns/x", "/run/netns/../../etc", "/run/netns/./x", "/run//netns", "/run/netns/a\nb"]
    .map((netns) => attach({ netns }, "capability.invalid")),
  ...["/proc/1/ns/net", "/run/netns", "/run/netnsx/a", "/etc/passwd"].map((netns) =>
    attach({ netns }, "capability.denied")
  ),
  ...["", ".", "..", "a/b", "a b", "a:b", "sixteen-letters-", "a\nb"].map((ifname) =>
    attach({ ifname }, "capability.invalid")
  ),
  ...["K", "K=V;", "K=V\nCNI_PATH=/", `K=${NUL}`, "=V"].map((args) =>
    attach({ args }, "capability.invalid")
  ),
  attach({ env: { PATH: "/tmp" } }, "capability.invalid"),
  attach({}, "allowed"),
];

const log = ([
  [{ level: "fatal", message: "m" }, "capability.invalid"],
  [{ level: "__proto__", message: "m" }, "capability.invalid"],
  [{ level: "info", message: 1 }, "capability.invalid"],
  [{ level: "info", message: "m", fields: [] }, "capability.invalid"],
  ['{"level":"info","message":"m","fields":{"__proto__":{"a":"b"},"toString":"x"}}', "allowed"],
] as [unknown, Outcome][]).map(([request, code]): HostileRequest => ({
  capability: "log",
  name: "log",
  request,
  code,
}));

/** Every request. Blobs have a test of their own: their handles are made for each call. */
export const REQUESTS: readonly HostileRequest[] = [
  ...malformed,
  ...list,
  ...state,
  ...directory,
  ...metadata,
  ...exec,
  ...delegate,
  ...log,
];
