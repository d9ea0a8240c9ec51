import type { Bundle } from "../bundle/bundle.ts";
import { namesProgram, SOURCE_MAP_SECTION, SourceMapReader } from "../bundle/source-map.ts";
import { PluginError } from "../plugin-error.ts";
import type { Callable } from "./callable.ts";

/** Larger maps are not read: the author's error is then told with places in the plugin's program. */
const MAX_MAP_BYTES = 16 * 1024 * 1024;

/**
 * `callable`, whose errors name places in the author's sources where the plugin has a source map. The
 * map is read when the first such error comes.
 */
export function withSourcePositions<T extends Callable>(
  { bytes, outline }: Bundle,
  callable: T,
): T {
  const section = outline.sections.find(({ name }) => name === SOURCE_MAP_SECTION);
  if (section === undefined || section.end - section.contentStart > MAX_MAP_BYTES) return callable;
  let reader: Promise<SourceMapReader | undefined> | undefined;
  const read = () => {
    const json = new TextDecoder().decode(bytes.subarray(section.contentStart, section.end));
    // A plugin may carry any map, one that cannot be read as well.
    return SourceMapReader.read(json).catch(() => undefined);
  };
  return {
    ...callable,
    call: async (entry, input, options) => {
      try {
        return await callable.call(entry, input, options);
      } catch (thrown) {
        const isGuestError = thrown instanceof PluginError && thrown.code === "sandbox.guest-error";
        if (!isGuestError || !namesProgram(thrown.message)) throw thrown;
        const { code, message, details } = thrown;
        const translated = (await (reader ??= read()))?.translate(message);
        if (translated === undefined) throw thrown;
        throw new PluginError(code, translated, { details, cause: thrown });
      }
    },
  };
}
