import * as assert from "uvu/assert";
import { type Blob, createBlobTable } from "../../src/capability/blob-table.ts";
import { suite } from "../support/suite.ts";

const test = suite("createBlobTable()");

function counting(): { blob: Blob; closed: () => number } {
  let closed = 0;
  const close = () => {
    closed++;
    return Promise.resolve();
  };
  return { blob: { close }, closed: () => closed };
}

test("it finds each blob by its handle, and closes it once", async () => {
  const [a, b] = [counting(), counting()];
  const table = createBlobTable([a.blob, b.blob]);
  const [first, second] = table.handles as [number, number];
  assert.is(table.get(first), a.blob);
  assert.is(table.get(second), b.blob);
  await table.close(first);
  await table.close(first);
  assert.is(table.get(first), undefined);
  await table.closeAll();
  await table.closeAll();
  assert.equal([a.closed(), b.closed()], [1, 1]);
  assert.is(table.get(second), undefined);
});

test("the end of a call survives blobs that fail or hang as they are closed", async () => {
  const good = counting();
  const table = createBlobTable([
    { close: () => Promise.reject(new Error("no")) },
    {
      close: () => {
        throw new Error("no");
      },
    },
    { close: () => new Promise(() => {}) },
    good.blob,
  ]);
  await table.closeAll();
  assert.is(good.closed(), 1);
});

test.run();
