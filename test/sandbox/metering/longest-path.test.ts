import * as assert from "uvu/assert";
import { BLOCK, DEAD, LongestPath, PART } from "../../../src/sandbox/metering/longest-path.ts";
import { suite } from "../../support/suite.ts";

const test = suite("longest-path");

function begun(): LongestPath {
  const path = new LongestPath();
  path.begin();
  return path;
}

test("an if costs the longer of its two ways", () => {
  const path = begun();
  assert.is(path.open(BLOCK.if, 5), 5);
  assert.is(path.openElse(9), 5);
  assert.is(path.close(6), 9);
});

test("an if without else may be passed by", () => {
  const path = begun();
  path.open(BLOCK.if, 5);
  assert.is(path.close(path.end(3)), 5);
});

test("a block costs the longest way to its end, branches with it", () => {
  const path = begun();
  path.open(BLOCK.block, 1);
  path.branch(0, 8);
  assert.is(path.close(DEAD), 8);
});

test("a block that nobody leaves leads nowhere", () => {
  const path = begun();
  path.open(BLOCK.block, 1);
  assert.ok(path.close(DEAD) < 0);
});

test("a loop pays for itself, its outer owner for the way to it and on from there", () => {
  const path = begun();
  assert.is(path.open(BLOCK.loop, 4), 0);
  path.branch(0, 7);
  assert.is(path.charge(6), 7);
  assert.is(path.close(6), 4);
  assert.is(path.charge(5), 5);
});

test("a branch out of a loop is a path of the loop, and of its owner up to the loop", () => {
  const path = begun();
  path.open(BLOCK.block, 2);
  path.open(BLOCK.loop, 3);
  path.branch(1, 50);
  assert.is(path.charge(DEAD), 50);
  assert.ok(path.close(DEAD) < 0);
  assert.is(path.close(DEAD), 3);
});

test("a path that ends within a loop counts for the owner outside as the way to there", () => {
  const path = begun();
  path.open(BLOCK.loop, 6);
  path.end(40);
  assert.is(path.charge(DEAD), 40);
  path.close(DEAD);
  assert.is(path.charge(DEAD), 6);
});

test("an owner costs something even where nothing in it does", () => {
  assert.is(begun().charge(0), 1);
});

test("behind a cut a block's end begins a part, and ways to it have ended", () => {
  const path = begun();
  path.open(BLOCK.loop, 0);
  path.open(BLOCK.block, 2);
  path.open(BLOCK.block, 3);
  path.branch(1, 20);
  path.cutOpenBlocks();
  path.branch(0, 5);
  path.branch(1, 9);
  assert.is(path.close(DEAD), PART);
  assert.is(path.charge(0), 20);
  path.beginPart();
  assert.is(path.close(7), PART);
  assert.is(path.charge(0), 7);
  path.beginPart();
  assert.is(path.charge(4), 4);
});

test("a cut block that nobody reaches leads nowhere", () => {
  const path = begun();
  path.open(BLOCK.block, 2);
  path.cutOpenBlocks();
  assert.is(path.close(DEAD), DEAD);
});

test("a cut in dead code counts the way into the block by how it ended", () => {
  const path = begun();
  path.open(BLOCK.if, 6);
  const dead = path.end(9);
  path.cutOpenBlocks();
  path.branch(0, dead);
  assert.is(path.openElse(dead), PART);
  assert.is(path.charge(0), 9);
});

test("the other way through an if that was cut begins a part", () => {
  const path = begun();
  path.open(BLOCK.if, 6);
  path.cutOpenBlocks();
  assert.is(path.openElse(8), PART);
  assert.is(path.charge(0), 8);
  path.beginPart();
  assert.is(path.close(3), PART);
  assert.is(path.charge(0), 3);
});

test("a branch that leaves a function with a cut is a path of the part that it is in", () => {
  const path = begun();
  path.open(BLOCK.block, 0);
  path.cutOpenBlocks();
  path.branch(1, 30);
  path.branch(0, 1);
  assert.is(path.close(DEAD), PART);
  assert.is(path.charge(0), 30);
});

test("begin() forgets the function before", () => {
  const path = begun();
  path.open(BLOCK.loop, 6);
  path.end(40);
  path.begin();
  assert.is(path.frame, 0);
  assert.is(path.charge(2), 2);
});

test.run();
