import * as assert from "uvu/assert";
import { groupBy } from "../../../src/cli/format/group-by.ts";
import { suite } from "../../support/suite.ts";

const test = suite("cli/format/group-by");

test("groupBy() keeps keys and items in the order of their first appearance", () => {
  const groups = groupBy(["b1", "a1", "b2", "__proto__"], (item) => item.charAt(0));
  assert.equal([...groups], [["b", ["b1", "b2"]], ["a", ["a1"]], ["_", ["__proto__"]]]);
});

test.run();
