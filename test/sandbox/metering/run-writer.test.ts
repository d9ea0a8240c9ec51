import * as assert from "uvu/assert";
import { Output } from "../../../src/sandbox/metering/output.ts";
import { RunWriter } from "../../../src/sandbox/metering/run-writer.ts";
import { suite } from "../../support/suite.ts";

const test = suite("run-writer");

const SOURCE = Uint8Array.of(10, 11, 12, 13, 14, 15);

/** What `write` writes behind the source, into an output that has no room at first. */
function written(write: (run: RunWriter, output: Output) => void): number[] {
  const output = new Output([SOURCE], 0);
  const run = new RunWriter(output);
  run.at = output.start;
  run.runStart = 0;
  write(run, output);
  return [...output.bytes.subarray(output.start, run.at)];
}

test("put() copies the run, then writes; the next run begins there", () => {
  const bytes = written((run) => {
    run.put(2, Uint8Array.of(1, 2, 3));
    run.put(2, Uint8Array.of(4));
    run.put(6, new Uint8Array(0));
  });
  assert.equal(bytes, [10, 11, 1, 2, 3, 4, 12, 13, 14, 15]);
});

test("runStart leaves out what is not to be copied", () => {
  const bytes = written((run) => {
    run.put(1, Uint8Array.of(1));
    run.runStart = 4;
    run.put(6, new Uint8Array(0));
  });
  assert.equal(bytes, [10, 1, 14, 15]);
});

test("putInstruction() writes an opcode and its index", () => {
  assert.equal(written((run) => run.putInstruction(1, 0x10, 300)), [10, 0x10, 0xac, 0x02]);
});

test("reserve() leaves room that is written later", () => {
  const bytes = written((run, output) => {
    const place = run.reserve(2, 2);
    run.put(3, Uint8Array.of(7));
    output.bytes.set([8, 9], place);
  });
  assert.equal(bytes, [10, 11, 8, 9, 12, 7]);
});

test.run();
