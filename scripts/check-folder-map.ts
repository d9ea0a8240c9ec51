/** Checks that the folder map of the README and the tree name the same folders. */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { PROJECT } from "./project.ts";

/** Folders that the map must name, those in `WHOLE` with each of their subfolders. */
const TOP = ["src", "wasm-plugins", "test", "scripts"];
const WHOLE = ["src", "wasm-plugins"];

/** Everything that is wrong, a line each. */
export async function checkFolderMap(): Promise<string[]> {
  const readme = await readFile(join(PROJECT, "README.md"), "utf8");
  const map = /<!-- folders -->([\s\S]*?)<!-- \/folders -->/.exec(readme)?.[1];
  if (map === undefined) return ["README.md: has no folder map between <!-- folders --> marks"];
  const named = [...map.matchAll(/^\| `([^`]+)`/gm)].map((match) => match[1]!);
  const wanted = [...TOP];
  for (const top of WHOLE) {
    const entries = await readdir(join(PROJECT, top), { withFileTypes: true });
    wanted.push(...entries.filter((e) => e.isDirectory()).map((e) => `${top}/${e.name}`));
  }
  const there = (path: string) => existsSync(join(PROJECT, path));
  return [
    ...wanted.filter((f) => !named.includes(f)).map((f) => `README.md: its map lacks "${f}"`),
    ...named.filter((f) => !there(f)).map((f) =>
      `README.md: its map names "${f}", not in the tree`
    ),
    ...wanted.filter((f) => !there(`${f}/README.md`))
      .map((f) => `${f}: has no README.md that says what the room is for`),
  ];
}
