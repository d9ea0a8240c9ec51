import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { buildPlugin, type BuiltPlugin } from "../../src/build/build-plugin.ts";
import { MANIFEST } from "./guest.ts";
import { makeFolder } from "./folder.ts";

/** How a plugin of a test is built. */
export interface SourceOptions {
  /** Replaces fields of `MANIFEST`. */
  readonly manifest?: Record<string, unknown>;
  /** Files beside `policy.ts`, by their paths. */
  readonly files?: Record<string, string>;
  /** Whether the compiler checks the types too, which takes a quarter of a second. */
  readonly checkTypes?: boolean;
  /** Folders of its own between a temporary one and the plugin's. */
  readonly below?: string;
}

/** Builds a plugin of a text, in a folder that is gone afterwards. */
export async function buildSource(
  policy: string,
  { manifest, files = {}, checkTypes = false, below = "" }: SourceOptions = {},
): Promise<BuiltPlugin> {
  const temporary = await makeFolder();
  const path = join(temporary.path, below);
  try {
    await mkdir(path, { recursive: true });
    const written = Object.entries({
      "policy.ts": policy,
      "plugin.json": JSON.stringify({ ...MANIFEST, ...manifest }),
      ...files,
    }).map(([name, text]): [string, string] => [join(below, name), text]);
    await temporary.write(Object.fromEntries(written));
    return await buildPlugin(join(path, "policy.ts"), { checkTypes });
  } finally {
    await temporary.remove();
  }
}

/** A module whose default export judges with this body, which sees `request` and `host`. */
export function judging(body: string, before = ""): string {
  return `import { admission, CapabilityError } from "cofferdam/guest";
${before}
export default admission((request: any, host: any): any => { ${body} });
void CapabilityError;
`;
}
