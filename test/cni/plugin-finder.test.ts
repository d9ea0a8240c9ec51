import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { createHost } from "../../src/host/host.ts";
import type { JsonObject } from "../../src/json.ts";
import { attachmentOf, makeWorld, networkOf, resultWith } from "../support/cni-world.ts";
import { answering, answeringEach, bundleOf } from "../support/guest.ts";
import { rejection } from "../support/process-fixture.ts";
import { suite } from "../support/suite.ts";
import { buildSource } from "../support/typescript-plugin.ts";

const test = suite("cni/plugin-finder");

const NETWORK = { implements: [{ contract: "network", version: 1 }] };

/** A bundle that answers so. */
function answers(answer: Record<string, JsonObject>): Uint8Array {
  const texts = Object.entries({ network_add: {}, network_del: {}, ...answer })
    .map(([name, value]) => [name, JSON.stringify(value)]);
  return bundleOf(answeringEach(Object.fromEntries(texts)), NETWORK);
}

/** Passes on what it is handed, with a name server. */
const NAME_SERVER = `import { network } from "cofferdam/guest";
export default network({
  add: ({ prevResult, config }) =>
    ({ ...(prevResult as any), dns: { nameservers: [String(config.server)] } }),
  del: ({ prevResult, containerId }) => {
    console.log(containerId + " had " + JSON.stringify((prevResult as any)?.dns));
  },
});
`;

test("bundles and native plugins stand in one chain", async () => {
  const lines: string[] = [];
  await using host = await createHost({ onLog: ({ message }) => lines.push(message) });
  const { bytes } = await buildSource(NAME_SERVER, { manifest: NETWORK });
  const plugin = await host.load(bytes);
  await using world = await makeWorld(["first", "third"], { plugins: { "name-server": plugin } });
  const { plugins, runtime } = world;
  await plugins.answer("first", "ADD", { stdout: JSON.stringify(resultWith("10.0.0.2/24")) });
  const wanted = { ...resultWith("10.0.0.2/24"), dns: { nameservers: ["9.9.9.9"] } };
  await plugins.answer("third", "ADD", { stdout: JSON.stringify(wanted) });
  const network = networkOf(["first", { type: "name-server", server: "9.9.9.9" }, "third"]);
  assert.equal(await runtime.add(network, attachmentOf()), wanted as never);
  const [, third] = await plugins.calls();
  assert.equal(third!.config["prevResult"], wanted);
  await runtime.check(network, attachmentOf());
  await runtime.del(network, attachmentOf());
  assert.equal(await plugins.log(), ["first CHECK", "third CHECK", "third DEL", "first DEL"]);
  assert.equal(lines, ['c1 had {"nameservers":["9.9.9.9"]}']);
  assert.equal(await runtime.validate(networkOf(["name-server"])), []);
});

test("a bundle speaks every version, and no other", async () => {
  await using host = await createHost();
  const plugin = await host.load(answers({ network_add: resultWith("10.0.0.2/24") }));
  await using world = await makeWorld([], { plugins: { wasm: plugin } });
  const add = (cniVersion: string, id: string) =>
    world.runtime.add(networkOf(["wasm"], { cniVersion }), attachmentOf(id));
  assert.equal(await add("", "c1"), { cniVersion: "0.1.0", ip4: { ip: "10.0.0.2/24" } } as never);
  assert.is((await add("1.1.0", "c2")).cniVersion, "1.1.0");
  await rejection(add("1.2.3", "c3"), "cni.version-unsupported");
});

test("a bundle's own error, and its faults, end the chain as a native plugin's do", async () => {
  await using host = await createHost();
  const fault = { code: 101, msg: "this subnet is not for you", details: "10.0.0.0/8" };
  const refusing = await host.load(
    answers({ network_add: fault, network_status: { code: 50, msg: "no" } }),
  );
  const broken = await host.load(answers({ network_add: { ips: "none" } }));
  await using world = await makeWorld(["first"], { plugins: { refusing, broken } });
  const { plugins, runtime } = world;
  const add = (type: string) => runtime.add(networkOf([type, "first"]), attachmentOf());
  const error = await rejection(add("refusing"), "cni.plugin-failed");
  assert.equal(error.details["cni"], fault);
  assert.is(
    error.message,
    'Plugin "test-plugin" failed at ADD: this subnet is not for you; 10.0.0.0/8 (101)',
  );
  const { message } = await rejection(add("broken"), "contract.output-invalid");
  assert.match(message, /^Plugin "test-plugin" failed at ADD: Cannot use the plugin's answer/);
  const status = runtime.status(networkOf(["refusing"], { cniVersion: "1.1.0" }));
  assert.equal((await rejection(status, "cni.plugin-failed")).details["cni"], {
    code: 50,
    msg: "no",
  });
  assert.equal(await plugins.log(), []);
  assert.equal(await runtime.attachments(), []);
});

test("bundles are found in folders, before native plugins, and loaded once", async () => {
  await using host = await createHost();
  await using world = await makeWorld(["both", "native"]);
  const folder = join(world.plugins.path, "bundles");
  await mkdir(folder);
  const wasm = answers({ network_add: resultWith("10.0.0.7/24") });
  await writeFile(join(folder, "both.wasm"), wasm);
  const asked: string[] = [];
  const options = (type: string) => {
    asked.push(type);
    return { settings: {} };
  };
  await using other = await makeWorld([], {
    folders: [world.plugins.path],
    bundles: { host, folders: ["/nowhere", folder], options },
  });
  const network = networkOf(["native", "both"]);
  assert.equal(
    await other.runtime.add(network, attachmentOf()),
    resultWith("10.0.0.7/24") as never,
  );
  await writeFile(join(folder, "both.wasm"), "changed");
  await other.runtime.del(network, attachmentOf());
  assert.equal(asked, ["both"]);
  assert.equal(await world.plugins.log(), ["native ADD", "native DEL"]);
});

test("a bundle that cannot be loaded is no native plugin, and is tried again", async () => {
  await using host = await createHost();
  await using world = await makeWorld(["policy"]);
  const folder = join(world.plugins.path, "bundles");
  const path = join(folder, "policy.wasm");
  await mkdir(folder);
  await using other = await makeWorld([], {
    folders: [world.plugins.path],
    bundles: { host, folders: [folder] },
  });
  const add = () => other.runtime.add(networkOf(["policy"]), attachmentOf());
  await writeFile(path, "no module");
  const { message } = await rejection(add(), "bundle.malformed");
  assert.ok(message.startsWith(`Cannot load the plugin "policy" from ${path}: `), message);
  await writeFile(path, bundleOf(answering("{}")));
  await rejection(add(), "contract.not-implemented");
  await writeFile(path, answers({}));
  await chmod(path, 0o666);
  await rejection(add(), "trust.writable");
  await chmod(path, 0o644);
  await add();
  assert.equal(await world.plugins.log(), []);
});

test.run();
