import type { Test } from "uvu";
import * as assert from "uvu/assert";
import { handlerOf } from "../../src/docker/handler.ts";
import type { JsonObject } from "../../src/json.ts";
import { callDocker, fakeDriver } from "./docker.ts";

/** What Docker sends, what the driver is asked and answers, and what Docker gets. */
export type DriverCall = readonly [
  method: string,
  body: JsonObject,
  asked: readonly [method: string, input: JsonObject],
  answer: unknown,
  reply: JsonObject,
];

const INTERFACES = { volume: "VolumeDriver", netdriver: "NetworkDriver", ipam: "IpamDriver" };

/**
 * Tests that calls reach a driver, and its answers and faults Docker.
 *
 * @param fault What a driver may say of any call.
 * @param statement What moby's own tests verify of it: `(moby 25)`.
 */
export function testDriverCalls(
  test: Test,
  contract: keyof typeof INTERFACES,
  calls: readonly DriverCall[],
  { fault, statement }: {
    readonly fault: { readonly code: string; readonly message: string };
    readonly statement: string;
  },
): void {
  for (const [name, body, [method, input], answer, reply] of calls) {
    const call = async (answer: unknown) => {
      const { plugin, asked } = fakeDriver(contract, { [method]: answer });
      const docker = await callDocker(
        handlerOf([plugin]),
        `${INTERFACES[contract]}.${name}`,
        body,
      );
      assert.equal(asked, [[method, input]]);
      return docker;
    };

    test(`${name} ${JSON.stringify(body)} ${statement}`, async () => {
      assert.equal(await call(answer), { status: 200, body: reply });
    });

    test(`${name} ${JSON.stringify(body)} says the driver's fault ${statement}`, async () => {
      const { message } = fault;
      // With a 404, Docker would go on as if the driver had no such method.
      assert.equal(await call({ error: fault }), {
        status: 500,
        body: { Err: message, Error: message },
      });
    });
  }
}
