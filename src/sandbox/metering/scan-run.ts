import { invalid } from "./invalid.ts";
import { lebEnd, readU32 } from "./leb.ts";
import { NET, PLAIN } from "./opcode.ts";

// What the last run was, next to its end: results without an object for them.
/** Instructions in the run. */
export let runCount = 0;
/** Operands it leaves more than it takes. */
export let runNet = 0;
/** The most that it has of them at a time. */
export let runPeak = 0;

// How an instruction of a run goes on behind its opcode; 4 and 8 are bytes of a constant.
const STOPS = 0;
const BARE = 1;
const LOCAL = 2;
const INTEGER = 3;
const ACCESS = 5;

const FORMS: Uint8Array = new Uint8Array(256);
for (let op = 0; op < 256; op++) if (PLAIN[op] === 1) FORMS[op] = BARE;
FORMS.fill(LOCAL, 0x20, 0x23);
FORMS.fill(ACCESS, 0x28, 0x3f);
FORMS.fill(INTEGER, 0x41, 0x43);
FORMS[0x43] = 4;
FORMS[0x44] = 8;

/**
 * Walks over instructions that are copied as they are: locals, constants, loads, stores, arithmetic.
 * Most of a module is such runs. A function of its own, since a small one is optimised long before
 * the whole walk could be.
 *
 * @returns Where the first other instruction stands, or a place not before `end`.
 */
export function scanRun(
  name: string,
  bytes: Uint8Array,
  p: number,
  end: number,
  locals: number,
): number {
  // Local: what another module exports is looked up at each use, until all this is optimised.
  const forms = FORMS;
  const nets = NET;
  let count = 0;
  let net = 0;
  let peak = 0;
  while (p < end) {
    const op = bytes[p]!;
    const form = forms[op]!;
    if (form === STOPS) break;
    p++;
    count++;
    net += nets[op]!;
    if (net > peak) peak = net;
    if (form === BARE) continue;
    if (form === LOCAL) {
      let index = bytes[p++]!;
      if (index > 0x7f) {
        index = readU32(name, bytes, p - 1, end);
        p = lebEnd;
      }
      if (index >= locals) {
        throw invalid(name, `refers to local ${index} before byte ${p}, there are ${locals}`);
      }
    } else if (form === INTEGER) {
      while (bytes[p++]! > 0x7f);
    } else if (form === ACCESS) {
      const alignment = bytes[p++]!;
      if (alignment > 0x1f) throw invalid(name, describeAlignment(alignment, p - 1));
      if (bytes[p++]! > 0x7f) {
        readU32(name, bytes, p - 1, end);
        p = lebEnd;
      }
    } else p += form;
  }
  runCount = count;
  runNet = net;
  runPeak = peak;
  return p;
}

/** Alignments of 32 and more do not exist; the bit of 64 says that a memory's index follows. */
export function describeAlignment(alignment: number, at: number): string {
  return alignment < 0x80 && (alignment & 0x40) !== 0
    ? `uses multi-memory (at byte ${at})`
    : `has an impossible alignment at byte ${at}`;
}
