/** Checks that every test file runs its suite last, and that each source file's test has its path. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { listFiles, PROJECT } from "./project.ts";

/** Test folders that do not mirror a folder of `src`. */
const OWN_FOLDERS = ["hostile", "real", "wasm-plugins", "scripts"];

/** Everything that is wrong, a line each. */
export async function checkTests(): Promise<string[]> {
  const faults: string[] = [];
  const files = [
    ...await listFiles("test", ".test.ts"),
    ...await listFiles("test/real", ".real.ts"),
  ];
  for (const file of files) {
    const text = (await readFile(join(PROJECT, file), "utf8")).trimEnd();
    const suites = [...text.matchAll(/^const (\w+)(?::[^=]+)? = suite[(<]/gm)].map((m) => m[1]!);
    if (suites.length === 0) faults.push(`${file}: has no suite`);
    for (const name of suites) {
      if (!text.includes(`\n${name}.run();`)) faults.push(`${file}: never runs "${name}"`);
    }
    if (!/\n\w+\.run\(\);$/.test(text)) faults.push(`${file}: does not end by running its suite`);
    if (/\.(only|skip)\(/.test(text)) faults.push(`${file}: runs or skips a test alone`);
    const [, folder] = file.split("/");
    const source = file.replace(/^test\//, "src/").replace(/\.test\.ts$/, ".ts");
    // Cut by topic, the tests of one file stand in a folder of its name.
    const sources = [source, `${dirname(source)}.ts`];
    if (
      !OWN_FOLDERS.includes(folder!) && !sources.some((path) => existsSync(join(PROJECT, path)))
    ) {
      faults.push(`${file}: there is no ${source} to test`);
    }
  }
  return faults;
}
