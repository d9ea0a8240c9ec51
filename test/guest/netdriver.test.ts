import * as assert from "uvu/assert";
import type { NetdriverMethod } from "../../src/contract/netdriver.ts";
import { NETDRIVER_METHODS, readNetdriverAnswer } from "../../src/contract/netdriver-methods.ts";
import { DriverError } from "../../src/guest/driver-error.ts";
import type { Host } from "../../src/guest/host.ts";
import { netDriver, type NetworkDriver } from "../../src/guest/netdriver.ts";
import { suite } from "../support/suite.ts";

const test = suite("netdriver");

const HOST = {} as Host;
const ENDS = { networkId: "n1", endpointId: "e1" };
const HEADER = {
  ...{ contract: "netdriver", version: 1, now: "2026-06-01T00:00:00Z" },
  settings: { prefix: "eth" },
} as const;

class Driver implements NetworkDriver<{ readonly prefix: string }> {
  gateway = "10.1.0.1";
  getCapabilities() {
    return { scope: "local" } as const;
  }
  createNetwork() {
    throw new DriverError("conflict", "the network is there");
  }
  deleteNetwork() {}
  createEndpoint() {}
  deleteEndpoint() {
    return Promise.reject(new DriverError("not-found", ""));
  }
  join({ settings }: { readonly settings: { readonly prefix: string } }) {
    const interfaceName = { srcName: "v1", dstPrefix: settings.prefix };
    return Promise.resolve({ interfaceName, gateway: this.gateway });
  }
  leave() {
    throw new Error("a slip");
  }
}

const OPTIONAL: Partial<NetworkDriver> = {
  allocateNetwork: () => ({ options: {} }),
  freeNetwork: () => {},
  gwAllocCheck: () => ({}),
  endpointOperInfo: () => ({ value: {} }),
  programExternalConnectivity: () => {},
  revokeExternalConnectivity: () => {},
  discoverNew: () => {},
  discoverDelete: () => {},
};

async function answerTo(method: NetdriverMethod, input: object = ENDS): Promise<unknown> {
  const request = { ...HEADER, ...input };
  const { exports } = netDriver(new Driver());
  const answer = await exports[NETDRIVER_METHODS[method].entry]!(request as never, HOST);
  const bytes = new TextEncoder().encode(JSON.stringify(answer));
  return readNetdriverAnswer(method, request as never, bytes);
}

test("netDriver() exports what the contract names, and of the rest what there is", () => {
  const methods = Object.values(NETDRIVER_METHODS);
  const all = netDriver(Object.assign(new Driver(), OPTIONAL));
  assert.is(all.contract, "netdriver");
  assert.equal(Object.keys(all.exports).sort(), methods.map(({ entry }) => entry).sort());
  assert.equal(
    Object.keys(netDriver(new Driver()).exports).sort(),
    methods.filter((method) => !("absent" in method)).map(({ entry }) => entry).sort(),
  );
});

test("netDriver() answers what the host takes, and calls methods on their driver", async () => {
  assert.equal(await answerTo("getCapabilities", {}), { scope: "local" });
  assert.equal(await answerTo("deleteNetwork"), {});
  assert.equal(await answerTo("createEndpoint", { ...ENDS, interface: {} }), {});
  assert.equal(await answerTo("join"), {
    interfaceName: { srcName: "v1", dstPrefix: "eth" },
    gateway: "10.1.0.1",
  });
  assert.equal(await answerTo("createNetwork"), {
    error: { code: "conflict", message: "the network is there" },
  });
  assert.equal(await answerTo("deleteEndpoint"), {
    error: { code: "not-found", message: "not-found" },
  });
});

test("netDriver() leaves any other error what it is", async () => {
  const thrown = await answerTo("leave").catch((error) => error) as Error;
  assert.is(thrown.message, "a slip");
});

test("netDriver() says which method is missing or mistyped", () => {
  const { join: _join, ...rest } = {
    ...OPTIONAL,
    ...Object.fromEntries(
      ["getCapabilities", "createNetwork", "deleteNetwork", "createEndpoint", "deleteEndpoint"]
        .map((name) => [name, () => {}]),
    ),
    join: () => {},
    leave: () => {},
  };
  assert.throws(() => netDriver(rest as never), /^the network driver has no method "join"$/);
  const mistyped = Object.assign(new Driver(), { gwAllocChecker: () => {} });
  assert.throws(() => netDriver(mistyped), /a function "gwAllocChecker", which nothing calls/);
});

test.run();
