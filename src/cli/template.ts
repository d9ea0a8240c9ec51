import type { JsonObject } from "../json.ts";
import { readDirectory, readFileBounded } from "../platform/file-system.ts";
import { packageFolder } from "../platform/package.ts";

/** Contracts that there are templates for. */
export const TEMPLATE_CONTRACTS = ["admission", "volume", "network"] as const;

/** Languages that there are templates for. */
export const TEMPLATE_LANGUAGES = ["typescript", "assemblyscript"] as const;

/** What a new plugin is made of. */
export interface TemplateChoice {
  readonly name: string;
  readonly contract: (typeof TEMPLATE_CONTRACTS)[number];
  readonly language: (typeof TEMPLATE_LANGUAGES)[number];
}

/** The file with the exports, by language. */
export const TEMPLATE_SOURCES = {
  typescript: "policy.ts",
  assemblyscript: "assembly/index.ts",
} as const;

/** What stands for the plugin's name, and for its source, in a template. */
const NAME = "my-plugin";

/**
 * The files of a new plugin, by path with `/`, in the order of their names.
 *
 * @param dependency How `package.json` names this package: `file:../cofferdam.tgz`.
 * @throws {PluginError} `input.*` where the package lacks them
 */
export async function templateFiles(
  { name, contract, language }: TemplateChoice,
  dependency: string,
): Promise<ReadonlyMap<string, string>> {
  const root = `${packageFolder()}/wasm-plugins/template`;
  const other = TEMPLATE_LANGUAGES as readonly string[];
  const read = [
    ...await filesOf(`${root}/${language}`),
    ...await filesOf(`${root}/${contract}`, "", other),
    ...await filesOf(`${root}/${contract}/${language}`),
  ];
  const files = read.map(([path, text]): [string, string] => {
    const named = text.replaceAll(NAME, name);
    if (path === "gitignore") return [".gitignore", named];
    if (path === "package.json") return [path, withDependency(named, dependency)];
    if (path !== "README.md") return [path, named];
    return [path, named.replace("`policy.ts`", `\`${TEMPLATE_SOURCES[language]}\``)];
  });
  return new Map(files.sort(([a], [b]) => a < b ? -1 : 1));
}

/** Far above any template. */
const FILE_BYTES = 1024 * 1024;

async function filesOf(
  folder: string,
  prefix = "",
  without: readonly string[] = [],
): Promise<[string, string][]> {
  const files: [string, string][] = [];
  for (const { name, kind } of await readDirectory(folder)) {
    if (without.includes(name)) continue;
    const path = `${folder}/${name}`;
    if (kind === "directory") files.push(...await filesOf(path, `${prefix}${name}/`));
    else {
      const text = new TextDecoder().decode(await readFileBounded(path, FILE_BYTES));
      files.push([`${prefix}${name}`, text]);
    }
  }
  return files;
}

/** Names the package among the others, in the order that npm keeps. */
function withDependency(text: string, dependency: string): string {
  const manifest = JSON.parse(text) as { devDependencies: JsonObject };
  const all = { ...manifest.devDependencies, cofferdam: dependency };
  const devDependencies = Object.fromEntries(
    Object.entries(all).sort(([a], [b]) => a < b ? -1 : 1),
  );
  return `${JSON.stringify({ ...manifest, devDependencies }, null, 2)}\n`;
}
