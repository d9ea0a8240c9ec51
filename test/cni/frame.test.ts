import * as assert from "uvu/assert";
import { cniEnvironment } from "../../src/cni/environment.ts";
import {
  callLength,
  decodeCall,
  decodeReply,
  encodeCall,
  encodeReply,
} from "../../src/cni/frame.ts";
import { LIMITS } from "../../src/limits.ts";
import { suite } from "../support/suite.ts";
import { callOf, ENVIRONMENT } from "./installation.ts";

const test = suite("frame");

test("a call is the same on the other side, whatever is in it", () => {
  const odd = { ...ENVIRONMENT, CNI_ARGS: "A=b=c;D=\n€", CNI_PATH: "", CNI_NETNS_OVERRIDE: "1" };
  const call = { ...callOf("mynet"), environment: cniEnvironment(odd) };
  for (const stdin of [new Uint8Array(), call.stdin, new Uint8Array([0, 255, 10, 0])]) {
    const bytes = encodeCall({ ...call, stdin });
    assert.is(callLength(bytes), bytes.length);
    const { type, environment, stdin: read } = decodeCall(bytes);
    assert.equal([type, environment, [...read]], ["mynet", call.environment, [...stdin]]);
  }
});

test("callLength() waits for the head, and refuses what nobody sends", () => {
  const bytes = encodeCall(callOf("mynet"));
  for (let length = 0; length < 8; length++) {
    assert.is(callLength(bytes.subarray(0, length)), undefined);
  }
  const head = (environment: number, stdin: number) => {
    const view = new DataView(new ArrayBuffer(8));
    view.setUint32(0, environment, true);
    view.setUint32(4, stdin, true);
    return new Uint8Array(view.buffer);
  };
  assert.is(callLength(head(5, LIMITS.cniStdinBytes + 1)), 8 + 5 + LIMITS.cniStdinBytes + 1);
  for (
    const [environment, stdin] of [[2 ** 20 + 1, 0], [5, LIMITS.cniStdinBytes + 2], [
      2 ** 32 - 1,
      2 ** 32 - 1,
    ]] as const
  ) {
    assert.throws(() => callLength(head(environment, stdin)), "a request of");
  }
});

test("decodeCall() takes no variable but those of CNI", () => {
  const text = new TextEncoder().encode("mynet\0CNI_COMMAND=ADD\0LD_PRELOAD=x\0CNI_ARGS\0=\0");
  const bytes = new Uint8Array(8 + text.length);
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 8);
  assert.equal(decodeCall(bytes), {
    type: "mynet",
    environment: cniEnvironment({ CNI_COMMAND: "ADD" }),
    stdin: new Uint8Array(),
  });
});

test("a reply is the same on the other side, and nothing where it is cut", () => {
  const reply = { exitCode: 1, stdout: '{"msg":"größe"}', stderr: "mynet: info: é\n" } as const;
  const bytes = encodeReply(reply);
  assert.equal(decodeReply(bytes), reply);
  for (let length = 0; length < bytes.length; length++) {
    assert.is(decodeReply(bytes.subarray(0, length)), undefined, String(length));
  }
  assert.is(decodeReply(new Uint8Array([...bytes, 0])), undefined);
  const nothing = { exitCode: 0, stdout: "", stderr: "" } as const;
  assert.equal(decodeReply(encodeReply(nothing)), nothing);
});

test.run();
