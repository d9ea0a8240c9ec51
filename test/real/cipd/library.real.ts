import { spawn } from "node:child_process";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { builtPlugin } from "../../../scripts/build-plugins.ts";
import { parse } from "yaml";
import type { MetadataProvider } from "../../../src/capability/metadata-provider.ts";
import { CipdHost } from "../../../src/cipd/cipd-host.ts";
import { objectRefOf } from "../../../src/cipd/pin.ts";
import { metadataFromRepository } from "../../../src/cipd/repository.ts";
import { createHost } from "../../../src/host/host.ts";
import type { JsonValue } from "../../../src/json.ts";
import { FakeHost, IID, SHA1_IID, startBridge } from "../../support/cipd-fake-host.ts";
import { runCli } from "../../support/cli.ts";
import { makeFolder } from "../../support/folder.ts";
import { leaveOut } from "../../support/optional.ts";
import { suite } from "../../support/suite.ts";
import { buildTools, tool } from "./tools.ts";

// "(host N)" in a test's name is the number of a behaviour of CIPD's own host; see test/cipd/README.md.

const test = suite("CipdHost beside CIPD's own programs");

const SERVICE = "https://example.com";

const missing = await buildTools();
if (missing !== undefined) leaveOut("CipdHost beside CIPD's own programs", missing);

function real(name: string, run: () => Promise<void>): void {
  if (missing === undefined) test(name, run);
}

/** Every instance has these metadata. */
function repositoryOf(
  entries: readonly (readonly [key: string, value: string])[],
): MetadataProvider {
  return {
    list: ({ keys, pageSize, pageToken }) => {
      const wanted = entries.filter(([key]) => keys === undefined || keys.includes(key));
      const start = Number(pageToken ?? 0);
      const end = start + pageSize;
      const page = wanted.slice(start, end).map(([key, value]) => ({ key, value }));
      return Promise.resolve({
        entries: page,
        ...(end < wanted.length && { nextPageToken: String(end) }),
      });
    },
  };
}

real(
  "CIPD's own example plugin runs under our host, and decides by metadata (host 10, 17)",
  async () => {
    await using host = await createHost();
    const digest = objectRefOf(IID).hexDigest;
    const allowed = Array.from(
      { length: 30 },
      (_, n) => ["allowed-sha256", n === 25 ? digest : `no ${n}`] as const,
    );
    await using cipd = new CipdHost({
      host,
      serviceUrl: SERVICE,
      repository: repositoryOf(allowed),
    });
    const plugin = cipd.newAdmissionPlugin({ command: [tool("example")] });
    const decide = (name: string, instanceId = IID) =>
      plugin.checkAdmission({ package: name, instanceId });
    assert.equal(await decide("good/a"), { admitted: true, reasons: [] });
    assert.equal(await decide("experimental/a"), {
      admitted: false,
      message: "experimental packages are not allowed",
      reasons: [],
    });
    assert.match((await decide("good/a", SHA1_IID)).message!, /evaluated 30 metadata entries/);
    const decisions = await Promise.all(
      Array.from({ length: 1_000 }, (_, n) => decide(`good/${n}`)),
    );
    assert.ok(decisions.every(({ admitted }) => admitted));
  },
);

real("metadata of a service itself, over pRPC, is what its own server says", async () => {
  const child = spawn(tool("repository"), ["tcp:0", "a=1", "b=zwei \u00fc", "a=3"]);
  const ended = new Promise((resolve) => child.on("close", resolve));
  try {
    const address = await new Promise((resolve) => child.stdout.once("data", resolve));
    const provider = metadataFromRepository(`http://${String(address).trim()}`);
    const list = (change: object) =>
      provider.list({
        service: undefined,
        package: "a/b",
        instanceId: IID,
        keys: undefined,
        pageSize: 2,
        pageToken: undefined,
        signal: new AbortController().signal,
        ...change,
      });
    const text = (value: Uint8Array | string) => new TextDecoder().decode(value as Uint8Array);
    const first = await list({});
    assert.equal(first.entries.map(({ key, value }) => [key, text(value)]), [
      ["a", "1"],
      ["b", "zwei \u00fc"],
    ]);
    assert.is(first.entries[0]!.attachedBy, "user:builder@example.com");
    assert.match(first.entries[0]!.attachedAt!, /^20\d\d-/);
    const second = await list({ pageToken: first.nextPageToken });
    assert.equal(second.entries.map(({ value }) => text(value)), ["3"]);
    assert.not(second.nextPageToken);
    assert.is((await list({ keys: ["b"] })).entries.length, 1);
    const refused = await list({ package: "secret/x" }).catch((error) => error);
    assert.is(refused.code, "capability.failed");
    assert.match(refused.message, /gRPC code 7: nobody may see "secret\/x"/);
    const signal = AbortSignal.abort();
    assert.is((await list({ signal }).catch((error) => error)).name, "AbortError");
  } finally {
    child.stdin.end();
    await ended;
  }
});

real("check asks the service that a flag names", async () => {
  await using folder = Object.assign(await makeFolder(), {
    [Symbol.asyncDispose]: () => folder.remove(),
  });
  const child = spawn(tool("repository"), ["tcp:0", "built-by=ci"]);
  const ended = new Promise((resolve) => child.on("close", resolve));
  try {
    const address = String(await new Promise((resolve) => child.stdout.once("data", resolve)))
      .trim();
    const url = `http://${address}`;
    const settings = (value: string) =>
      `services: ["${url}"]\ndefaultService: "${url}"\n` +
      `packages: [{ prefix: "*", metadata: [{ key: built-by, values: [${value}] }] }]\n`;
    await folder.write({
      "ci.yaml": settings("ci"),
      "me.yaml": settings("me"),
      "x.ensure": `a/b ${IID}\n`,
    });
    const policy = builtPlugin("cipd-policy");
    for (const [name, code] of [["ci", 0], ["me", 1]] as const) {
      const args = [
        "check",
        "--plugin",
        policy,
        "--settings",
        `${name}.yaml`,
        `--allow-metadata=${url}`,
      ];
      const result = await runCli([...args, "x.ensure"], { cwd: folder.path });
      assert.is(result.code, code, result.stdout + result.stderr);
    }
  } finally {
    child.stdin.end();
    await ended;
  }
});

real("one policy gives one verdict in check, in the bridge and in the library", async () => {
  const folder = await makeFolder();
  const policy = builtPlugin("cipd-policy");
  const settings = `services: [${SERVICE}]\npackages: [{ prefix: good }]\n`;
  const pins = [["good/a", IID], ["bad/b", IID], ["good/c", SHA1_IID]] as const;
  await folder.write({ "policy.yaml": settings, "metadata.yaml": `${SERVICE}: {}\n` });
  const flags = ["--plugin", policy, "--settings", join(folder.path, "policy.yaml")];
  try {
    const inLibrary: string[] = [];
    await using host = await createHost();
    await using cipd = new CipdHost({ host, serviceUrl: SERVICE, repository: repositoryOf([]) });
    const plugin = cipd.newAdmissionPlugin({
      bundle: policy,
      settings: parse(settings) as JsonValue,
      allowMetadata: true,
    });
    for (const [name, instanceId] of pins) {
      const { admitted, message } = await plugin.checkAdmission({ package: name, instanceId });
      inLibrary.push(admitted ? "allowed" : message!);
    }

    const inBridge: string[] = [];
    const fake = new FakeHost();
    const line = `${JSON.stringify(await fake.handshake())}\n`;
    const bridge = startBridge([...flags, "--allow-metadata"], line);
    for (const [name, instanceId] of pins) {
      const { status } = await fake.ask(name, objectRefOf(instanceId), SERVICE);
      inBridge.push(status === null ? "allowed" : status.message);
    }
    bridge.child.stdin!.end();
    await bridge.ended;
    fake.close();

    const ensure = `$ServiceURL ${SERVICE}\n${pins.map((pin) => pin.join(" ")).join("\n")}\n`;
    await folder.write({ "x.ensure": ensure });
    const args = [...flags, `--allow-metadata=${join(folder.path, "metadata.yaml")}`];
    const { stdout } = await runCli(["check", ...args, "--format", "json", "x.ensure"], {
      cwd: folder.path,
    });
    const inCheck = (JSON.parse(stdout).results as {
      allowed: boolean;
      reasons: { rule: string; message: string; severity: string }[];
    }[]).map(({ allowed, reasons }) =>
      allowed ? "allowed" : reasons.map(({ message, rule }) => `${message} [${rule}]`).join("; ")
    );

    assert.equal(inBridge, inLibrary);
    assert.equal(inCheck, inLibrary);
    assert.equal(inLibrary.map((one) => one === "allowed"), [true, false, false]);
  } finally {
    await folder.remove();
  }
});

test.run();
