import * as assert from "uvu/assert";
import { warningsOf } from "../../src/capability/interpreter.ts";
import { suite } from "../support/suite.ts";

const test = suite("interpreter");

const warn = (granted: string, resolved = granted, interpreter?: string) =>
  warningsOf("it", { granted, resolved, interpreter });

const KNOWN = [
  ...["/bin/sh", "/bin/bash", "/bin/dash", "/bin/zsh", "/bin/busybox", "/usr/bin/python3"],
  ...["/usr/bin/python3.11", "/usr/bin/perl5.36.0", "/usr/bin/node", "/x/deno", "/usr/bin/ruby2.7"],
  ...["/usr/bin/env", "/usr/bin/xargs", "/usr/bin/find", "/usr/bin/awk", "/usr/bin/sudo"],
  ...[
    "/usr/bin/nsenter",
    "/usr/bin/docker",
    "/lib64/ld-linux-x86-64.so.2",
    "/x/lua5.4",
    "/x/php8.2",
  ],
];
for (const path of KNOWN) {
  test(`warningsOf() warns of ${path}`, () => assert.is(warn(path).length, 1));
}

test("warningsOf() looks at what a link leads to", () => {
  const [warning] = warn("/usr/local/bin/report", "/usr/bin/python3.11");
  assert.match(warning!, '"/usr/local/bin/report", which is "/usr/bin/python3.11": "python"');
});

test("warningsOf() says that a script's interpreter is not pinned", () => {
  assert.match(warn("/opt/report", "/opt/report", "/bin/sh")[0]!, 'a script of "/bin/sh"');
});

test("warningsOf() has nothing to say of other programs", () => {
  for (const path of ["/usr/sbin/ip", "/usr/bin/skopeo", "/usr/bin/nodeinfo", "/usr/bin/shred"]) {
    assert.equal(warn(path), []);
  }
});

test.run();
