import * as assert from "uvu/assert";
import { attachmentKey, isNetworkName, validOnes } from "../../src/cni/attachment.ts";
import { faultOf } from "../support/fault.ts";
import { suite } from "../support/suite.ts";

const test = suite("cni/attachment");

const GOOD = { containerId: "c1", netns: "/run/netns/a", ifname: "eth0" };

test("attachmentKey() takes what CNI allows", () => {
  for (const id of ["a", "0", "A-b_c.d", "x".repeat(253)]) {
    const key = attachmentKey("net.1", { ...GOOD, containerId: id });
    assert.equal(key, { network: "net.1", containerId: id, ifname: "eth0" });
  }
  for (const ifname of ["e", "eth0.100", "x".repeat(15), "ü".repeat(7), "...", "@#"]) {
    assert.is(attachmentKey("n", { ...GOOD, ifname }).ifname, ifname);
  }
});

const BAD: [what: string, values: readonly string[], of: (value: string) => () => unknown][] = [
  [
    "network name",
    ["", "-n", ".n", "a/b", "..", "../n", "a b", "a\n", "é", "x".repeat(256)],
    (value) => () => attachmentKey(value, GOOD),
  ],
  [
    "container ID",
    ["", "-c", "../c", "a/b", "c:1", "c 1", "c\0", "x".repeat(254)],
    (value) => () => attachmentKey("n", { ...GOOD, containerId: value }),
  ],
  [
    "interface name",
    ["", ".", "..", "a/b", "a:b", "a b", "a\u0085b", "a\u00a0b", "x".repeat(16), "ü".repeat(8)],
    (value) => () => attachmentKey("n", { ...GOOD, ifname: value }),
  ],
];
for (const [what, values, of] of BAD) {
  test(`attachmentKey() refuses a bad ${what} (cni 20)`, () => {
    for (const value of values) {
      const { code, message } = faultOf(of(value));
      assert.is(code, "cni.attachment-invalid", JSON.stringify(value));
      assert.ok(message.startsWith(`Cannot use the ${what} `), message);
    }
  });
}

test("attachmentKey() says that a name is missing (cni 27)", () => {
  const fault = faultOf(() => attachmentKey("n", { ...GOOD, ifname: undefined as never }));
  assert.is(fault.message, "Cannot use the interface name undefined: it is missing");
});

test("attachmentKey() refuses arguments that others would read else", () => {
  const fault = faultOf(() => attachmentKey("n", { ...GOOD, args: [["K", "V;EVIL=1"]] }));
  assert.is(fault.code, "cni.attachment-invalid");
});

test("validOnes() compares container and interface", () => {
  const key = { network: "n", containerId: "c1", ifname: "eth0" };
  const isValid = validOnes([{ containerID: "c1", ifname: "eth0" }]);
  assert.ok(isValid(key));
  assert.not(isValid({ ...key, ifname: "eth1" }));
  assert.not(isValid({ ...key, containerId: "c2" }));
  assert.not(validOnes([])(key));
});

test("isNetworkName() takes one step of a path", () => {
  assert.ok(isNetworkName("a-b_c.d"));
  for (const name of ["", ".", "..", "a/b"]) assert.not(isNetworkName(name));
});

test.run();
