/**
 * `npm run survey -- FOLDER [--plugin P.wasm [--settings S]]...`: for every file of a folder, what it
 * was taken for and what the plugins said, with totals. Without `--plugin`, the sample plugin judges.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  createHost,
  type Document,
  type JsonValue,
  parseDocuments,
  type Plugin,
  PluginError,
} from "../src/mod.ts";
import { PROJECT } from "./project.ts";

const { tokens, positionals: [folder] } = parseArgs({
  options: {
    plugin: { type: "string", multiple: true },
    settings: { type: "string", multiple: true },
  },
  allowPositionals: true,
  tokens: true,
});
if (folder === undefined) throw new Error("wanted: npm run survey -- FOLDER [--plugin P.wasm]");

const wanted: { path: string; settings?: string }[] = [];
for (const token of tokens) {
  if (token.kind !== "option") continue;
  if (token.name === "plugin") wanted.push({ path: token.value! });
  else if (wanted.length > 0) wanted.at(-1)!.settings = token.value!;
}
if (wanted.length === 0) {
  wanted.push({ path: join(PROJECT, "build/wasm-plugins/image-policy.wasm") });
}

const totals = new Map<string, number>();
const count = (what: string) => totals.set(what, (totals.get(what) ?? 0) + 1);
const sum = (prefix: string) =>
  [...totals].filter(([what]) => what.startsWith(prefix)).sort()
    .map(([what, number]) => `  ${what.slice(prefix.length).padEnd(28)} ${number}`).join("\n");

const host = await createHost();
const plugins: Plugin[] = [];
for (const { path, settings } of wanted) {
  plugins.push(await host.load(path, settings ? { settings: await readSettings(settings) } : {}));
}
for (const file of await listAll(folder)) {
  count("files ");
  try {
    const documents = await parseDocuments(await readFile(join(folder, file)), { name: file });
    if (documents.length === 0) print(file, "no document");
    for (const document of documents) await surveyDocument(file, document);
  } catch (error) {
    const { code, message } = PluginError.from(error);
    count(`error ${code}`);
    print(file, `${code}: ${message}`);
  }
}
await host.close();
console.log(`\nfiles ${totals.get("files ") ?? 0}, documents by kind:\n${sum("kind ")}`);
console.log(`not parsed:\n${sum("error ") || "  none"}`);
console.log(`verdicts:\n${sum("verdict ") || "  none"}`);

async function surveyDocument(file: string, document: Document): Promise<void> {
  count(`kind ${document.kind}`);
  const asked = plugins.filter((plugin) => plugin.admission.judges(document));
  const said = asked.length === 0 ? ["not judged"] : await Promise.all(asked.map(async (plugin) => {
    const { name } = plugin.manifest;
    try {
      const { allowed, reasons } = await plugin.admission.check(document);
      count(`verdict ${name} ${allowed ? "allowed" : "denied"}`);
      const rules = [...new Set(reasons.map((reason) => reason.rule))].join(" ");
      return `${name} ${allowed ? "allowed" : "denied"}${rules === "" ? "" : ` (${rules})`}`;
    } catch (error) {
      const { code } = PluginError.from(error);
      count(`verdict ${name} ${code}`);
      return `${name} ${code}`;
    }
  }));
  print(file, `${document.kind} ${JSON.stringify(document.subject.name)}: ${said.join("; ")}`);
}

function print(file: string, what: string): void {
  console.log(`${file}: ${what.replace(/\p{Cc}/gu, "?")}`);
}

/** Every regular file below `root`, whatever it is called. */
async function listAll(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.replace(/\/$/, "").length + 1))
    .sort();
}

async function readSettings(path: string): Promise<JsonValue> {
  const [document] = await parseDocuments(await readFile(path), { name: path });
  return document?.object ?? {};
}
