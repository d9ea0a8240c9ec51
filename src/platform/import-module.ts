import { rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { asOutputError } from "./output-file.ts";

/** Whether this runtime imports TypeScript as it is written. Deno does; Node 20 does not. */
export const importsTypeScript: boolean = "Deno" in globalThis;

/** Imports the module in a file. */
export async function importFile(path: string): Promise<unknown> {
  return await import(pathToFileURL(path).href);
}

/**
 * Imports a module's text as if it stood beside `path`, so that packages are found from there. It lies
 * there for as long as it is being loaded, under a name that begins with a dot.
 *
 * @throws {PluginError} `output.unwritable`; whatever the module throws
 */
export async function importText(path: string, text: string): Promise<unknown> {
  const name = `.${basename(path)}.${crypto.randomUUID()}.mjs`;
  const file = join(resolve(dirname(path)), name);
  // Stacks are to name the lines that an author wrote.
  process.setSourceMapsEnabled(true);
  try {
    await writeFile(file, text, { flag: "wx" }).catch((error) => {
      throw asOutputError(file, error);
    });
    return await importFile(file);
  } finally {
    await rm(file, { force: true });
  }
}
