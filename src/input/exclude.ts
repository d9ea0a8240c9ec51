import picomatch from "picomatch";
import { PluginError } from "../plugin-error.ts";
import { inputName } from "./input-name.ts";

/** Whether a file or folder of this name is left out. */
export type Excludes = (name: string) => boolean;

/**
 * What the globs of `--exclude` leave out. A glob without a slash is held against the last part of a
 * name (`*.json`, `testdata`), any other against the whole name; a folder that matches is left out
 * with all it holds.
 *
 * @throws {PluginError} `usage.invalid` where a glob is empty or beyond reason
 */
export function excludesOf(globs: readonly string[]): Excludes {
  const matchers = globs.map((glob) => {
    const pattern = inputName(glob);
    try {
      return picomatch(pattern, { dot: true, nonegate: true, basename: !pattern.includes("/") });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new PluginError("usage.invalid", `Cannot exclude "${glob}": ${why}`, { cause: error });
    }
  });
  return (name) => matchers.some((matches) => matches(name));
}
