import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import {
  blobFromBytes,
  blobFromFile,
  blobFromReadable,
  blobFromWritable,
  blobToFile,
} from "../../src/capability/blob-source.ts";
import type { Blob } from "../../src/capability/blob-table.ts";
import type { PluginError } from "../../src/plugin-error.ts";
import { suiteFolder } from "../support/folder.ts";
import { suite } from "../support/suite.ts";

const test = suite("blob-source");

const folder = suiteFolder(test);

async function readAll(blob: Blob, maxBytes: number): Promise<number[][]> {
  const chunks: number[][] = [];
  for (;;) {
    const chunk = await blob.read!(maxBytes);
    if (chunk.length === 0) break;
    chunks.push([...chunk]);
  }
  await blob.close();
  return chunks;
}

test("blobFromBytes() gives what it was given", async () => {
  assert.equal(await readAll(blobFromBytes(Uint8Array.of(1, 2, 3)), 2), [[1, 2], [3]]);
  assert.equal(await readAll(blobFromBytes(new Uint8Array(0)), 2), []);
});

test("blobFromReadable() cuts large chunks and passes empty ones over", async () => {
  const chunks = [[1, 2, 3], [], [4]].map((one) => Uint8Array.from(one));
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  assert.equal(await readAll(blobFromReadable(stream), 2), [[1, 2], [3], [4]]);
});

test("blobFromReadable() cancels a stream that was not read to its end", async () => {
  let cancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(Uint8Array.of(1)),
    cancel: () => {
      cancelled = true;
    },
  });
  const blob = blobFromReadable(stream);
  await blob.read!(1);
  await blob.close();
  assert.ok(cancelled);
});

test("blobFromWritable() writes and ends a stream", async () => {
  const written: number[] = [];
  let ended = false;
  const blob = blobFromWritable(
    new WritableStream<Uint8Array>({
      write: (chunk) => void written.push(...chunk),
      close: () => {
        ended = true;
      },
    }),
  );
  await blob.write!(Uint8Array.of(1, 2));
  await blob.write!(Uint8Array.of(3));
  await blob.close();
  assert.equal(written, [1, 2, 3]);
  assert.ok(ended);
});

test("blobToFile() makes a new file for its owner, blobFromFile() reads it", async () => {
  const path = join(folder.path, "file");
  const target = await blobToFile(path);
  await target.write!(new TextEncoder().encode("one "));
  await target.write!(new TextEncoder().encode("two"));
  await target.close();
  assert.is(await readFile(path, "utf8"), "one two");
  assert.is((await stat(path)).mode & 0o777, 0o600);
  const chunks = await readAll(await blobFromFile(path), 4);
  assert.is(new TextDecoder().decode(Uint8Array.from(chunks.flat())), "one two");

  let code: string | undefined;
  await blobToFile(path).catch((error: PluginError) => code = error.code);
  assert.is(code, "output.unwritable");
  await blobFromFile(join(folder.path, "no")).catch((error: PluginError) => code = error.code);
  assert.is(code, "input.not-found");
});

test.run();
