import { readDirectory, readFileBounded } from "../platform/file-system.ts";
import { packageFolder } from "../platform/package.ts";
import { joinPath } from "../platform/path.ts";
import { PluginError } from "../plugin-error.ts";
import type { Program } from "./bundle-program.ts";

const MAX_BYTES = 1024 * 1024;

/** Files of a package that say under which licence it may be passed on. */
const LICENSE_FILE = /^(licen[cs]e|copying|notice|copyright)([._-].*)?$/i;

const RULE = `${"=".repeat(80)}\n`;

/**
 * The licences of all that a plugin contains, as one text: of the npm packages that are in its program,
 * of the engine, and ours.
 *
 * @param folder What the program's paths are relative to.
 */
export async function collectLicenses(program: Program, folder: string): Promise<string> {
  const parts: string[] = [];
  for (const path of packagesOf(program)) parts.push(await packageLicense(folder, path));
  const root = packageFolder();
  parts.push(await readText(joinPath(root, "src", "build", "engine", "LICENSES.txt")));
  parts.push(entry("cofferdam: Apache-2.0", await readText(joinPath(root, "LICENSE"))));
  return parts.join("");
}

/** Folders of packages, as the program's paths name them, in the order of their names. */
function packagesOf({ inputs }: Program): string[] {
  const found = new Set<string>();
  for (const [path, bytes] of inputs) {
    const folder = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0];
    if (folder !== undefined && bytes > 0) found.add(folder);
  }
  const nameOf = (path: string) => path.slice(path.lastIndexOf("node_modules/"));
  return [...found].sort((a, b) => (`${nameOf(a)} ${a}` < `${nameOf(b)} ${b}` ? -1 : 1));
}

async function packageLicense(folder: string, path: string): Promise<string> {
  const at = joinPath(folder, path);
  const json = await readText(joinPath(at, "package.json"));
  const { name, version, license } = describePackage(path, json);
  const files = (await readDirectory(at))
    .filter((item) => item.kind !== "directory" && LICENSE_FILE.test(item.name));
  const texts: string[] = [];
  for (const file of files) texts.push(await readText(joinPath(at, file.name)));
  const text = texts.length === 0
    ? "The package holds no text of its licence.\n"
    : texts.join("\n");
  return entry(`${name} ${version}: ${license}`, text);
}

function describePackage(
  path: string,
  json: string,
): { readonly name: string; readonly version: string; readonly license: string } {
  try {
    const { name, version, license } = JSON.parse(json) as Record<string, unknown>;
    return {
      name: String(name ?? path),
      version: String(version ?? ""),
      license: typeof license === "string" ? license : "no licence named",
    };
  } catch (cause) {
    throw new PluginError(
      "build.failed",
      `Cannot collect licences: "${path}/package.json" is no JSON`,
      { cause },
    );
  }
}

function entry(title: string, text: string): string {
  return `${RULE}${title}\n${RULE}\n${text.trimEnd()}\n\n`;
}

async function readText(path: string): Promise<string> {
  const bytes = await readFileBounded(path, MAX_BYTES);
  return new TextDecoder().decode(bytes).replaceAll("\r\n", "\n");
}
