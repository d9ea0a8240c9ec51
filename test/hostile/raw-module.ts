/** Modules that no text format can say, and the one code that each must get when it is loaded. */
import { MANIFEST_SECTION, packBundle } from "../../src/bundle/pack.ts";
import { concatBytes } from "../../src/concat-bytes.ts";
import { SECTION } from "../../src/wasm/section.ts";
import {
  encodeCustomSection,
  encodeName,
  encodeSection,
  encodeU32,
} from "../../src/wasm/writer.ts";
import { answering, bundleOf, MANIFEST } from "../support/guest.ts";
import { ALLOW, type Outcome } from "./hostile-guest.ts";

/** A file. */
export interface HostileFile {
  readonly what: string;
  /** Made when it is wanted: some are large. */
  bytes(): Uint8Array;
  readonly code: Outcome;
}

const PREAMBLE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
const TYPES = encodeSection(SECTION.type, Uint8Array.of(1, 0x60, 0, 1, 0x7f));
const FUNCTION = encodeSection(SECTION.function, Uint8Array.of(1, 0));
const entry = concatBytes([encodeName("admission_check"), Uint8Array.of(0, 0)]);
const EXPORT = encodeSection(SECTION.export, concatBytes([Uint8Array.of(1), entry]));
const CODE = codeOf([0, 0x41, 0, 0x0b]);
const manifest = packBundle(PREAMBLE, MANIFEST).subarray(PREAMBLE.length);

/** A bundle of these sections. */
function moduleOf(...sections: Uint8Array[]): Uint8Array {
  return concatBytes([PREAMBLE, ...sections, manifest]);
}

/** The code section with one function: locals, instructions, end. */
function codeOf(body: readonly number[] | Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(body);
  return encodeSection(
    SECTION.code,
    concatBytes([Uint8Array.of(1, ...encodeU32(bytes.length)), bytes]),
  );
}

/** A bundle with a memory of one page, and these data segments. */
function withData(segments: Uint8Array): Uint8Array {
  return moduleOf(
    TYPES,
    FUNCTION,
    encodeSection(SECTION.memory, Uint8Array.of(1, 0, 1)),
    EXPORT,
    CODE,
    encodeSection(SECTION.data, segments),
  );
}

/** A count and so many times the same item. */
function many(count: number, item: Uint8Array | readonly number[]): Uint8Array {
  const one = Uint8Array.from(item);
  const items = new Uint8Array(one.length * count);
  for (let at = 0; at < items.length; at += one.length) items.set(one, at);
  return concatBytes([Uint8Array.from(encodeU32(count)), items]);
}

/** `depth` blocks within each other. */
function nested(depth: number): Uint8Array {
  const open = new Uint8Array(2 * depth);
  for (let at = 0; at < open.length; at += 2) open.set([0x02, 0x40], at);
  const end = new Uint8Array(depth).fill(0x0b);
  return concatBytes([Uint8Array.of(0), open, end, Uint8Array.of(0x41, 0, 0x0b)]);
}

/** `count` blocks behind each other, each left by a branch. */
function blocks(count: number): number[] {
  return new Array<number[]>(count).fill([0x02, 0x40, 0x0c, 0x00, 0x0b]).flat();
}

const withCode = (body: readonly number[] | Uint8Array) =>
  moduleOf(TYPES, FUNCTION, EXPORT, codeOf(body));

const MILLION = 1_000_000;

/** Every file. */
export const FILES: readonly HostileFile[] = [
  { what: "no bytes", bytes: () => new Uint8Array(0), code: "bundle.malformed" },
  { what: "only the preamble", bytes: () => PREAMBLE, code: "bundle.manifest-missing" },
  {
    what: "33 MiB of zeros",
    bytes: () => new Uint8Array(33 * 2 ** 20),
    code: "bundle.too-large",
  },
  {
    what: "a section that is longer than the file",
    bytes: () =>
      concatBytes([bundleOf(answering(ALLOW)), Uint8Array.of(0, 0xff, 0xff, 0xff, 0x0f)]),
    code: "bundle.malformed",
  },
  {
    what: "two manifests",
    bytes: () => concatBytes([bundleOf(answering(ALLOW)), manifest]),
    code: "bundle.manifest-doubled",
  },
  {
    what: "a manifest with a prototype",
    bytes: () =>
      concatBytes([
        PREAMBLE,
        encodeCustomSection(
          MANIFEST_SECTION,
          new TextEncoder().encode(JSON.stringify(MANIFEST).replace("{", '{"__proto__":{"x":1},')),
        ),
      ]),
    code: "bundle.manifest-invalid",
  },
  {
    what: "a manifest that asks for a capability named constructor",
    bytes: () =>
      concatBytes([
        PREAMBLE,
        encodeCustomSection(
          MANIFEST_SECTION,
          new TextEncoder().encode(
            JSON.stringify({ capabilities: ["constructor"], ...MANIFEST }),
          ),
        ),
      ]),
    code: "bundle.manifest-invalid",
  },
  {
    what: "a manifest that is nested 100,000 deep",
    bytes: () =>
      concatBytes([
        PREAMBLE,
        encodeCustomSection(MANIFEST_SECTION, new Uint8Array(100_000).fill(0x5b)),
      ]),
    code: "bundle.manifest-invalid",
  },
  {
    what: "garbage for a name section, twice",
    bytes: () => {
      const garbage = Uint8Array.from({ length: 5_000 }, (_, index) => (index * 7_919) % 256);
      const names = encodeCustomSection("name", garbage);
      return concatBytes([bundleOf(answering(ALLOW)), names, names]);
    },
    code: "allowed",
  },
  {
    what: "a custom section whose name is not UTF-8",
    bytes: () => moduleOf(TYPES, FUNCTION, EXPORT, CODE, Uint8Array.of(0, 3, 2, 0xc3, 0x28)),
    code: "bundle.malformed",
  },
  {
    what: "an import of a kind that is not known (a tag)",
    bytes: () =>
      moduleOf(
        TYPES,
        encodeSection(
          SECTION.import,
          concatBytes([
            Uint8Array.of(1),
            encodeName("env"),
            encodeName("t"),
            Uint8Array.of(4, 0, 0),
          ]),
        ),
        FUNCTION,
        EXPORT,
        CODE,
      ),
    code: "bundle.malformed",
  },
  {
    what: "10,001 imports",
    bytes: () =>
      moduleOf(
        encodeSection(SECTION.type, Uint8Array.of(2, 0x60, 0, 1, 0x7f, 0x60, 0, 1, 0x7e)),
        encodeSection(
          SECTION.import,
          many(
            10_001,
            concatBytes([
              encodeName("extism:host/env"),
              encodeName("input_length"),
              Uint8Array.of(0, 1),
            ]),
          ),
        ),
        FUNCTION,
        encodeSection(
          SECTION.export,
          concatBytes([
            Uint8Array.of(1),
            encodeName("admission_check"),
            Uint8Array.of(0, ...encodeU32(10_001)),
          ]),
        ),
        CODE,
      ),
    code: "sandbox.module-invalid",
  },
  {
    what: "a million exports",
    bytes: () => {
      const names = Array.from(
        { length: MILLION },
        (_, index) => concatBytes([encodeName(index.toString(36)), Uint8Array.of(0, 0)]),
      );
      const count = Uint8Array.from(encodeU32(MILLION + 1));
      const exports = encodeSection(SECTION.export, concatBytes([count, entry, ...names]));
      return moduleOf(TYPES, FUNCTION, exports, CODE);
    },
    code: "bundle.malformed",
  },
  {
    what: "4 billion exports in 20 bytes",
    bytes: () =>
      moduleOf(
        TYPES,
        FUNCTION,
        encodeSection(SECTION.export, Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f)),
        CODE,
      ),
    code: "bundle.malformed",
  },
  {
    what: "two exports of one name",
    bytes: () =>
      moduleOf(
        TYPES,
        FUNCTION,
        encodeSection(SECTION.export, concatBytes([Uint8Array.of(2), entry, entry])),
        CODE,
      ),
    code: "sandbox.module-invalid",
  },
  {
    what: "a million types",
    bytes: () =>
      moduleOf(
        encodeSection(
          SECTION.type,
          concatBytes([
            Uint8Array.from(encodeU32(MILLION)),
            Uint8Array.of(0x60, 0, 1, 0x7f),
            many(MILLION - 1, [0x60, 0, 0]).subarray(3),
          ]),
        ),
        FUNCTION,
        EXPORT,
        CODE,
      ),
    code: "bundle.malformed",
  },
  {
    what: "a million functions",
    bytes: () =>
      moduleOf(
        TYPES,
        encodeSection(SECTION.function, many(MILLION, [0])),
        EXPORT,
        encodeSection(SECTION.code, many(MILLION, [4, 0, 0x41, 0, 0x0b])),
      ),
    code: "bundle.malformed",
  },
  {
    what: "4 billion locals",
    bytes: () => withCode([1, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f, 0x41, 0, 0x0b]),
    code: "sandbox.module-invalid",
  },
  {
    what: "a million locals",
    bytes: () => withCode([1, ...encodeU32(MILLION), 0x7f, 0x41, 0, 0x0b]),
    code: "sandbox.module-invalid",
  },
  {
    what: "a million blocks within each other",
    bytes: () => withCode(nested(MILLION)),
    code: "sandbox.module-invalid",
  },
  {
    what: "a million blocks behind each other, and 40,000 locals",
    bytes: () => withCode([1, ...encodeU32(39_000), 0x7e, ...blocks(MILLION), 0x41, 0, 0x0b]),
    code: "sandbox.module-invalid",
  },
  {
    what: "a function of 8 MB",
    bytes: () =>
      withCode(
        concatBytes([
          Uint8Array.of(0),
          new Uint8Array(8_000_000).fill(1),
          Uint8Array.of(0x41, 0, 0x0b),
        ]),
      ),
    code: "sandbox.module-invalid",
  },
  {
    what: "a br_table of a million targets",
    bytes: () =>
      withCode(
        concatBytes([
          Uint8Array.of(0, 0x41, 0, 0x0e),
          many(MILLION, [0]),
          Uint8Array.of(0, 0x0b),
        ]),
      ),
    code: "sandbox.module-invalid",
  },
  {
    what: "a data segment that says it has 4 GB",
    bytes: () =>
      withData(
        Uint8Array.of(1, 0, 0x41, 0, 0x0b, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2, 3),
      ),
    code: "sandbox.module-invalid",
  },
  {
    what: "a data segment of 30 MB for one page",
    bytes: () =>
      withData(
        concatBytes([
          Uint8Array.of(1, 0, 0x41, 0, 0x0b, ...encodeU32(30_000_000)),
          new Uint8Array(30_000_000).fill(1),
        ]),
      ),
    code: "sandbox.trap",
  },
  {
    what: "a million data segments",
    bytes: () => withData(many(MILLION, [0, 0x41, 0, 0x0b, 0])),
    code: "sandbox.module-invalid",
  },
  {
    what: "a million element segments",
    bytes: () =>
      moduleOf(
        TYPES,
        FUNCTION,
        encodeSection(SECTION.table, Uint8Array.of(1, 0x70, 0, 1)),
        EXPORT,
        encodeSection(SECTION.element, many(MILLION, [0, 0x41, 0, 0x0b, 0])),
        CODE,
      ),
    code: "sandbox.module-invalid",
  },
  {
    what: "a memory of 64 bits",
    bytes: () =>
      moduleOf(
        TYPES,
        FUNCTION,
        encodeSection(SECTION.memory, Uint8Array.of(1, 4, 1)),
        EXPORT,
        CODE,
      ),
    code: "bundle.malformed",
  },
  {
    what: "a shared memory",
    bytes: () =>
      moduleOf(
        TYPES,
        FUNCTION,
        encodeSection(SECTION.memory, Uint8Array.of(1, 3, 1, 2)),
        EXPORT,
        CODE,
      ),
    code: "bundle.malformed",
  },
  {
    what: "two memories",
    bytes: () =>
      moduleOf(
        TYPES,
        FUNCTION,
        encodeSection(SECTION.memory, Uint8Array.of(2, 0, 1, 0, 1)),
        EXPORT,
        CODE,
      ),
    code: "sandbox.module-invalid",
  },
  {
    what: "an instruction that nobody knows",
    bytes: () => withCode([0, 0xff, 0x41, 0, 0x0b]),
    code: "sandbox.module-invalid",
  },
  {
    what: "an exception that it would catch its own end with",
    bytes: () => withCode([0, 0x06, 0x40, 0x19, 0x0b, 0x41, 0, 0x0b]),
    code: "sandbox.module-invalid",
  },
  {
    what: "code behind the end of its function",
    bytes: () => withCode([0, 0x41, 0, 0x0b, 0x0b, 0x01]),
    code: "sandbox.module-invalid",
  },
  {
    what: "no code for its function",
    bytes: () => moduleOf(TYPES, FUNCTION, EXPORT),
    code: "sandbox.module-invalid",
  },
];
