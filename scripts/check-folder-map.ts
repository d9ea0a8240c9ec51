/** Checks that the folder map of the README and the tree name the same folders. */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { PROJECT } from "./project.ts";

/** Folders whose subfolders stand in the map. */
const MAPPED = ["src", "wasm-plugins", "test", "scripts"];

/** Everything that is wrong, a line each. */
export async function checkFolderMap(): Promise<string[]> {
  const readme = await readFile(join(PROJECT, "README.md"), "utf8");
  const map = /<!-- folders -->([\s\S]*?)<!-- \/folders -->/.exec(readme)?.[1];
  if (map === undefined) return ["README.md: has no folder map between <!-- folders --> marks"];
  const named = new Set([...map.matchAll(/`([\w-]+(?:\/[\w-]+)*)\/?`/g)].map((m) => m[1]!));
  const actual = new Set<string>();
  for (const top of MAPPED) {
    actual.add(top);
    for (const entry of await readdir(join(PROJECT, top), { withFileTypes: true })) {
      if (entry.isDirectory()) actual.add(`${top}/${entry.name}`);
    }
  }
  const doors = [...actual].filter((folder) => /^src\//.test(folder) || !folder.includes("/"));
  return [
    ...[...actual].filter((f) => !named.has(f)).map((f) => `README.md: its map lacks "${f}"`),
    ...[...named].filter((f) => !actual.has(f)).map((f) => `README.md: its map names "${f}"`),
    ...doors.filter((f) => !existsSync(join(PROJECT, f, "README.md")))
      .map((f) => `${f}: has no README.md that says what the room is for`),
  ];
}
