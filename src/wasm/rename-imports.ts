import { concatBytes } from "../concat-bytes.ts";
import { malformed, WasmReader } from "./reader.ts";
import { SECTION, type Section } from "./section.ts";
import { encodeName, encodeU32 } from "./writer.ts";

/**
 * The content of a module's import section with other module names; nothing else of it changes, so
 * every index keeps its meaning.
 *
 * @param sections Of the same bytes, which `readOutline` has read without a fault.
 * @param names The new name for each module's name; others stay.
 * @returns undefined where the module has no import section.
 */
export function renameImports(
  bytes: Uint8Array,
  sections: readonly Section[],
  names: ReadonlyMap<string, string>,
): Uint8Array | undefined {
  const section = sections.find(({ id }) => id === SECTION.import);
  if (section === undefined) return undefined;
  const reader = new WasmReader(bytes, section.contentStart, section.end);
  const count = reader.u32("the length of the import section");
  const parts: Uint8Array[] = [Uint8Array.from(encodeU32(count))];
  for (let index = 0; index < count; index++) {
    const module = reader.name("an import's module name");
    const start = reader.position;
    reader.name("an import's name");
    skipDescription(reader);
    parts.push(encodeName(names.get(module) ?? module), bytes.subarray(start, reader.position));
  }
  return concatBytes(parts);
}

/** @see Wasm 2.0, 5.5.5 */
function skipDescription(reader: WasmReader): void {
  const kind = reader.byte("an external kind");
  switch (kind) {
    case 0:
      return void reader.u32("a type index");
    case 1:
      reader.byte("the type of a table");
      return skipLimits(reader);
    case 2:
      return skipLimits(reader);
    case 3:
      return void reader.take(2, "the type of a global");
    default:
      throw malformed(`external kind ${kind} is not known`, reader.position);
  }
}

function skipLimits(reader: WasmReader): void {
  const flags = reader.byte("limits");
  reader.u32("a minimum");
  if (flags === 1) reader.u32("a maximum");
}
