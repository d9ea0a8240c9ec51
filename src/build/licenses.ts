import { KIT_PREFIX } from "../bundle/source-map.ts";
import { isWithin, readDirectory, readFileBounded, withSlashes } from "../platform/file-system.ts";
import { folderWith, packageFolder } from "../platform/package.ts";
import { absolutePath, joinPath, splitPath } from "../platform/path.ts";
import { PluginError } from "../plugin-error.ts";

const MAX_BYTES = 1024 * 1024;

/** Files of a package that say under which licence it may be passed on. */
const LICENSE_FILE = /^(licen[cs]e|copying|notice|copyright)([._-].*)?$/i;

/** What stands in place of a licence that nobody wrote down. */
export const NO_LICENSE_TEXT = "The package holds no text of its licence.\n";

const RULE = `${"=".repeat(80)}\n`;

/**
 * The licences of all that a plugin contains, as one text: of the npm packages that are in its program,
 * of the engine, and ours.
 *
 * @param inputs Files that are in it, and how many bytes of each.
 * @param folder What their paths are relative to.
 */
export async function collectLicenses(
  inputs: ReadonlyMap<string, number>,
  folder: string,
): Promise<string> {
  const packages: string[] = [];
  for (const path of packagesOf(inputs, folder)) packages.push(await packageLicense(path));
  // By what they say, which begins with the name: where packages lie differs between machines.
  const parts = [...new Set(packages)].sort();
  const root = packageFolder();
  parts.push(await readText(joinPath(root, "src", "build", "engine", "LICENSES.txt")));
  parts.push(entry("cofferdam: Apache-2.0", await readText(joinPath(root, "LICENSE"))));
  return parts.join("");
}

/**
 * Folders of the packages in a program, absolute. Who is linked (a package
 * of the same workspace, or of another folder) counts like who is in `node_modules`; the author's own
 * package does not.
 */
function packagesOf(inputs: ReadonlyMap<string, number>, folder: string): string[] {
  const found = new Set<string>();
  for (const [path, bytes] of inputs) {
    if (bytes === 0 || path.startsWith(KIT_PREFIX)) continue;
    const owner = packageFolderOf(absolutePath(joinPath(folder, path)));
    if (owner !== undefined && !isWithin(folder, owner)) found.add(owner);
  }
  return [...found];
}

/** The folder of a file's package: by its place in `node_modules`, else the nearest with a manifest. */
function packageFolderOf(path: string): string | undefined {
  const installed = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(withSlashes(path))?.[0];
  return installed ?? folderWith("package.json", splitPath(path).folder);
}

async function packageLicense(at: string): Promise<string> {
  const path = splitPath(at).name;
  const json = await readText(joinPath(at, "package.json"));
  const { name, version, license } = describePackage(path, json);
  const files = (await readDirectory(at))
    .filter((item) => item.kind !== "directory" && LICENSE_FILE.test(item.name));
  const texts: string[] = [];
  for (const file of files) texts.push(await readText(joinPath(at, file.name)));
  const text = texts.length === 0 ? NO_LICENSE_TEXT : texts.join("\n");
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
