import type { Bundle } from "../bundle/bundle.ts";
import {
  MAX_MAP_LENGTH,
  namesProgram,
  SOURCE_MAP_SECTION,
  SourceMapReader,
} from "../bundle/source-map.ts";
import { PluginError } from "../plugin-error.ts";
import type { Callable } from "./callable.ts";

/** Longer than what a guest may say itself, by what names of files may add; else it stays as it was. */
const MAX_MESSAGE_LENGTH = 16_384;

/**
 * `callable`, whose errors name places in the author's sources where the plugin has a source map. The
 * map is read when the first such error comes. A plugin may carry any map: where one tells nothing, the
 * guest's error is what it is without.
 */
export function withSourcePositions<T extends Callable>(bundle: Bundle, callable: T): T {
  const section = bundle.outline.sections.find(({ name }) => name === SOURCE_MAP_SECTION);
  if (section === undefined || section.end - section.contentStart > MAX_MAP_LENGTH) return callable;
  let read: { readonly reader: SourceMapReader | undefined } | undefined;
  const readOnce = () => {
    const bytes = bundle.bytes.subarray(section.contentStart, section.end);
    read ??= { reader: SourceMapReader.read(new TextDecoder().decode(bytes)) };
    return read.reader;
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
        const translated = readOnce()?.translate(message);
        if (translated === undefined || translated.length > MAX_MESSAGE_LENGTH) throw thrown;
        throw new PluginError(code, translated, { details, cause: thrown });
      }
    },
  };
}
