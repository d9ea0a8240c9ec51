import { withSlashes } from "../platform/file-system.ts";

/**
 * A path as people see it: as it was given, with forward slashes, without what leads nowhere
 * else: `./` in front, `/.` and doubled slashes within, a slash at the end. `./-` keeps its form,
 * since `-` means standard input.
 */
export function inputName(path: string): string {
  const name = withSlashes(path)
    .replace(/(?<=.)\/{2,}/g, "/")
    .replace(/(?<=[^/])\/\.(?=\/|$)/g, "")
    .replace(/(?<=.)\/$/, "");
  return name.replace(/^(?:\.\/)+(?!-?$)/, "");
}

/** The name of `entry` in the folder `folder`; what lies in `.` needs no prefix. */
export function entryName(folder: string, entry: string): string {
  if (folder === ".") return entry;
  return folder.endsWith("/") ? folder + entry : `${folder}/${entry}`;
}
