import { PluginError } from "../plugin-error.ts";
import { findInPackages, packageFolder } from "../platform/package.ts";

/** What building needs and nothing else does, so that who only checks does not install it. */
export type Tool = "esbuild" | "typescript";

/**
 * The path of a tool's file: the author's own, else one that is installed with us.
 *
 * @param file `typescript/package.json`
 * @throws {PluginError} `build.dependency-missing`
 */
export function findTool(tool: Tool, file: string, folder: string): string {
  const found = findInPackages(file, [folder, packageFolder()]);
  if (found !== undefined) return found;
  throw new PluginError(
    "build.dependency-missing",
    `Cannot build the plugin: "${tool}" is not installed; run: npm install --save-dev esbuild typescript`,
    { details: { dependency: tool } },
  );
}
