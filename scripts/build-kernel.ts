/**
 * Assembles `src/sandbox/kernel/kernel.wat` into `kernel-bytes.ts` beside it: Deno runs the sources as
 * they are and the package has no build step of its own, so the bytes are part of them.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import wabtInit from "wabt";
import { PROJECT } from "./project.ts";

const FOLDER = join(PROJECT, "src", "sandbox", "kernel");
const TARGET = join(FOLDER, "kernel-bytes.ts");

async function generate(): Promise<string> {
  const text = await readFile(join(FOLDER, "kernel.wat"), "utf8");
  const wabt = await wabtInit();
  const module = wabt.parseWat("kernel.wat", text, { bulk_memory: true, mutable_globals: true });
  const base64 = Buffer.from(module.toBinary({}).buffer).toString("base64");
  module.destroy();
  const lines = base64.match(/.{1,95}/g)!.map((line) => `${line}\n`).join("");
  return `// Written by scripts/build-kernel.ts from kernel.wat; do not edit.
/** The kernel's module, in base64. */
export const KERNEL_BASE64: string = \`
${lines}\`;
`;
}

/** Says whether the bytes are those of the text. */
export async function checkKernel(): Promise<string[]> {
  const current = await readFile(TARGET, "utf8").catch(() => "");
  return current === await generate()
    ? []
    : ["src/sandbox/kernel/kernel-bytes.ts is not what kernel.wat gives: npm run kernel"];
}

if (import.meta.url === pathToFileURL(process.argv[1]!).href) {
  await writeFile(TARGET, await generate());
}
