import { pathToFileURL } from "node:url";

/** Loads the module at an absolute path, which was found while the program ran. */
export async function importFile(path: string): Promise<unknown> {
  return await import(pathToFileURL(path).href);
}
