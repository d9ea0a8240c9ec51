/**
 * Checks that each numbered behaviour of a real client's own implementation has a test that names its
 * number, or a written reason why there is none.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { listFiles, PROJECT } from "./project.ts";

/** Where a system's behaviours are numbered, and the word that stands before a number in a test. */
const SYSTEMS: readonly { readonly folder: string; readonly word: string }[] = [
  { folder: "cipd", word: "host" },
  { folder: "docker", word: "moby" },
  { folder: "cni", word: "cni" },
];

/** Everything that is wrong, a line each. */
export async function checkStatements(): Promise<string[]> {
  const faults: string[] = [];
  for (const { folder, word } of SYSTEMS) {
    const list = `test/${folder}/README.md`;
    const text = await readFile(join(PROJECT, list), "utf8");
    const [table = "", reasons = ""] = text.split("\nWithout a test:\n");
    const numbers = [...table.matchAll(/^\| +(\d+) \|/gm)].map(([, number]) => Number(number));
    const excused = new Set([...reasons.matchAll(/^- (\d+):/gm)].map(([, n]) => Number(n)));
    const tested = await testedNumbers(folder, word);
    if (numbers.length === 0) faults.push(`${list}: numbers nothing`);
    for (const number of numbers) {
      if (tested.has(number) === excused.has(number)) {
        faults.push(
          tested.has(number)
            ? `${list}: ${number} has a test, and a reason why it has none`
            : `${list}: ${number} has neither a test, "(${word} ${number})", nor a reason`,
        );
      }
    }
    for (const number of [...tested, ...excused]) {
      if (!numbers.includes(number)) faults.push(`${list}: there is no ${number}`);
    }
  }
  return faults;
}

async function testedNumbers(folder: string, word: string): Promise<Set<number>> {
  const numbers = new Set<number>();
  const files = [
    ...await listFiles(`test/${folder}`, ".test.ts"),
    ...await listFiles(`test/real/${folder}`, ".real.ts"),
  ];
  for (const file of files) {
    const text = await readFile(join(PROJECT, file), "utf8");
    for (const [, list] of text.matchAll(new RegExp(String.raw`\(${word} ([\d, ]+)\)`, "g"))) {
      for (const number of list!.split(",")) numbers.add(Number(number));
    }
  }
  return numbers;
}
