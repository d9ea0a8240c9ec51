const FACTS = "what a plugin may know is in the request: object, evidence, settings";
const PROGRAMS = 'ask the host: host.exec, the capability "exec"';

/** Modules of Node that authors reach for, and what to use instead. */
const INSTEAD: Readonly<Record<string, string>> = {
  fs: `${FACTS}; to keep something, ask the host: host.state, host.directory, host.blob`,
  path: "split and join the text, or bundle an npm package for paths",
  os: FACTS,
  process: FACTS,
  child_process: PROGRAMS,
  cluster: "a plugin is one thread",
  worker_threads: "a plugin is one thread",
  http: "a plugin has no network: take evidence, or ask the host: host.metadata",
  crypto: "digests come with the request; to hash, bundle an npm package in plain JavaScript",
  buffer: "use Uint8Array",
  url: "bundle an npm package that parses URLs",
  util: "write what you need of it, or bundle an npm package",
  assert: "throw an Error",
  events: 'add the npm package "events"',
  stream: "host.blob.read() gives chunks",
  timers: "a call runs to its end, nothing in it waits",
  perf_hooks: "a plugin has no clock but request.now",
  module: "use import: the builder bundles what it names",
  test: 'write tests in files of their own, "*.test.ts"',
};

const SAME: Readonly<Record<string, string>> = {
  https: "http",
  http2: "http",
  net: "http",
  tls: "http",
  dgram: "http",
  dns: "http",
};

/** Every builtin that has a name without `node:`. Fixed, so that all runtimes refuse the same. */
const BUILTINS: ReadonlySet<string> = new Set([
  ...Object.keys(INSTEAD),
  ...Object.keys(SAME),
  ...["async_hooks", "console", "constants", "diagnostics_channel", "domain", "inspector"],
  ...["punycode", "querystring", "readline", "repl", "string_decoder", "sys", "trace_events"],
  ...["tty", "v8", "vm", "wasi", "zlib", "sqlite", "sea"],
]);

/** Whether an import names a module of Node's own: `node:fs`, `fs/promises`. */
export function isBuiltin(specifier: string): boolean {
  return specifier.startsWith("node:") || BUILTINS.has(specifier.split("/")[0]!);
}

/** What to use instead of a module of Node's. */
export function insteadOf(specifier: string): string {
  const name = specifier.replace(/^node:/, "").split("/")[0]!;
  return INSTEAD[SAME[name] ?? name] ?? FACTS;
}

/** Why a module of Node's cannot be imported. */
export function builtinRefusal(specifier: string): string {
  return `"${specifier}" is a module of Node, which a plugin does not have; ${
    insteadOf(specifier)
  }`;
}
