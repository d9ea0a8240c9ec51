import { type BundleDescription, describePluginFile } from "../host/describe.ts";
import { usage } from "./flags.ts";
import { jsonText } from "./format/json-text.ts";
import { visible, visibleProse } from "./format/visible.ts";
import type { ExitCode, Verb, VerbContext } from "./verb.ts";

/** `cofferdam inspect`: says what a plugin's file is. */
export const inspect: Verb = {
  name: "inspect",
  summary: "Show what a plugin is, what it asks for and what it imports",
  usage: "PLUGIN.wasm [--json]",
  denoPermissions: "--allow-read --allow-env",
  flags: [{ name: "json", help: "for machines" }],
  notes: "Nothing is compiled or run.",
  run: runInspect,
};

async function runInspect({ flags, stdout }: VerbContext): Promise<ExitCode> {
  const [path, ...more] = flags.positionals;
  if (path === undefined || more.length > 0) throw usage("wanted one PLUGIN.wasm");
  const description = await describePluginFile(path);
  await stdout.write(flags.has("json") ? jsonText(description) : describeText(description));
  return 0;
}

function describeText(d: BundleDescription): string {
  const list = (items: readonly string[]) => items.length === 0 ? "none" : items.join(", ");
  const facts: [string, string][] = [
    ["digest", d.digest],
    ["size", `${d.size} bytes`],
    ...d.implements.map(({ contract, version, kinds }): [string, string] => [
      "implements",
      `${contract} ${version}${kinds ? `: ${kinds.join(", ")}` : ""}`,
    ]),
    ["capabilities", list(d.capabilities.asked)],
    ["host functions", list(d.hostFunctions)],
    ...(d.refused.length === 0 ? [] : [["refused", list(d.refused)] as [string, string]]),
    [
      "limits",
      list(Object.entries(d.limits).map(([name, value]) => `${name} ${value}`)),
    ],
    ["concurrency", d.concurrency],
    ...d.mismatches.map((mismatch): [string, string] => ["MISMATCH", mismatch]),
  ];
  const lines = [
    `${d.name} ${d.version}`,
    ...(d.description === null ? [] : [`  ${visibleProse(d.description)}`]),
    "",
    ...facts.map(([name, value]) => `  ${name.padEnd(14)}  ${visible(value)}`),
    ...(d.rules.length === 0 ? [] : ["", "rules"]),
    ...d.rules.flatMap(({ id, title, help, effectiveOn }) => [
      `  ${visible(id)}: ${visible(title)}${effectiveOn ? ` (from ${effectiveOn})` : ""}`,
      ...(help ? [`    ${visibleProse(help)}`] : []),
    ]),
    ...(d.settings === null ? ["", "takes no settings"] : [
      "",
      "settings schema",
      ...jsonText(d.settings).trimEnd().split("\n").map((l) => `  ${l}`),
    ]),
  ];
  return `${lines.join("\n")}\n`;
}
