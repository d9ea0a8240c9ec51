/**
 * Checks the way through the house: which room may import which, who may name `node:`, `Deno` and
 * Extism, that nothing is imported in a circle, and that no import is relative without its ending.
 */
import { readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { listFiles, PROJECT } from "./project.ts";

/**
 * Rooms of `src` and what each may import besides itself. "" stands for the files in `src` itself that
 * everybody shares (`plugin-error.ts`, `json.ts`, `limits.ts`, `date.ts`, `digest.ts`, `version.ts`,
 * `address.ts`, `turns.ts`, `concat-bytes.ts`, `capability-module.ts`). Bridges, when they
 * come, import `host` and below, and never each other.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  "": [],
  platform: [""],
  wasm: [""],
  document: [""],
  bundle: ["", "wasm", "document", "contract"],
  contract: ["", "document"],
  capability: ["", "bundle", "contract", "document", "platform"],
  sandbox: ["", "wasm", "capability", "platform"],
  input: ["", "document", "platform"],
  config: ["", "bundle", "document", "platform"],
  host: ["", "bundle", "capability", "contract", "document", "sandbox", "wasm", "platform"],
  guest: ["", "bundle", "contract", "document"],
  build: ["", "bundle", "capability", "guest", "host", "platform", "sandbox", "wasm"],
  testing: [
    ...["", "build", "bundle", "capability", "contract", "document", "host", "input", "platform"],
  ],
  cipd: ["", "capability", "contract", "document", "host", "platform"],
  cni: ["", "capability", "config", "contract", "document", "host", "platform"],
  docker: ["", "capability", "contract", "document", "host", "platform"],
  cli: [
    ...["", "bundle", "capability", "config", "contract", "document", "host", "input", "platform"],
    ...["build", "cipd", "cni", "docker", "testing"],
  ],
};

/** The public list of exports, which sees every room. */
const PUBLIC = "src/mod.ts";

const EXTISM_ROOM = "sandbox";
const PLATFORM_ROOM = "platform";

interface Import {
  readonly from: string;
  readonly specifier: string;
}

/** Everything that is wrong, a line each. */
export async function checkImports(): Promise<string[]> {
  const files = await listFiles("src", ".ts");
  const faults: string[] = [];
  const graph = new Map<string, string[]>();
  for (const file of files) {
    const text = await readFile(join(PROJECT, file), "utf8");
    const code = withoutComments(text);
    const imports = importsOf(file, code);
    faults.push(...imports.flatMap((i) => faultsOf(i)));
    if (roomOf(file) !== PLATFORM_ROOM && /(?<![\w/-])(?:Deno|process)\.\w/.test(code)) {
      faults.push(`${file}: names Deno or process; only src/platform may`);
    }
    graph.set(file, imports.filter(isRelative).map(resolve));
  }
  const known = new Set(files);
  for (const [file, targets] of graph) {
    for (const target of targets) {
      if (!known.has(target)) faults.push(`${file}: imports "${target}", which is not there`);
    }
  }
  return [...faults, ...cyclesOf(graph)];
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
}

function importsOf(file: string, code: string): Import[] {
  const pattern = /(?:\bfrom\s*|\bimport\s*\(\s*|\bimport\s+)(["'])((?:(?!\1)[^\n])+)\1/g;
  return [...code.matchAll(pattern)].map((match) => ({ from: file, specifier: match[2]! }));
}

function isRelative({ specifier }: Import): boolean {
  return specifier.startsWith(".");
}

function resolve({ from, specifier }: Import): string {
  return posix.normalize(posix.join(posix.dirname(from), specifier));
}

function roomOf(file: string): string {
  const steps = file.split("/");
  return steps.length > 2 ? steps[1]! : "";
}

function faultsOf(item: Import): string[] {
  const { from, specifier } = item;
  const room = roomOf(from);
  if (!isRelative(item)) {
    if (specifier.startsWith("node:") && room !== PLATFORM_ROOM) {
      return [`${from}: imports "${specifier}"; only src/platform may`];
    }
    if (specifier.includes("extism") && room !== EXTISM_ROOM) {
      return [`${from}: imports "${specifier}"; only src/sandbox may`];
    }
    return [];
  }
  if (!specifier.endsWith(".ts")) return [`${from}: imports "${specifier}" without ".ts"`];
  const target = resolve(item);
  if (!target.startsWith("src/")) return [`${from}: imports "${target}" outside of src`];
  if (target === PUBLIC) return [`${from}: imports the public list ${PUBLIC}`];
  const to = roomOf(target);
  if (from === PUBLIC || to === room) return [];
  const allowed = MAY_IMPORT[room];
  if (allowed === undefined) return [`${from}: the room "${room}" has no import rule`];
  return allowed.includes(to) ? [] : [`${from}: "${room}" may not import "${to}" (${target})`];
}

/** One line for each import that closes a circle. */
function cyclesOf(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const state = new Map<string, "open" | "done">();
  const faults: string[] = [];
  const visit = (file: string, path: readonly string[]) => {
    if (state.get(file) === "done") return;
    if (state.get(file) === "open") {
      faults.push(`circle: ${[...path.slice(path.indexOf(file)), file].join(" -> ")}`);
      return;
    }
    state.set(file, "open");
    for (const target of graph.get(file) ?? []) visit(target, [...path, file]);
    state.set(file, "done");
  };
  for (const file of graph.keys()) visit(file, []);
  return faults;
}
