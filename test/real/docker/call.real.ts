import { setTimeout as sleep } from "node:timers/promises";
import * as assert from "uvu/assert";
import { leaveOut } from "../../support/optional.ts";
import { suite } from "../../support/suite.ts";
import { Daemon, IMAGE } from "./daemon.ts";
import { serveLocalVolumes } from "./local-volume.ts";
import { missingDocker } from "./missing.ts";
import { type Call, Spied } from "./spied.ts";

interface Context {
  daemon: Daemon;
  spied: Spied;
  calls: Call[];
}

const TITLE = "which calls a Docker daemon makes of a volume plugin";
const test = suite<Context>(TITLE);

const missing = await missingDocker();
if (missing !== undefined) leaveOut(TITLE, missing);

test.before(async (context) => {
  if (missing !== undefined) return;
  const daemon = context.daemon = await Daemon.start();
  context.spied = await Spied.start(daemon, "watched");
  context.calls = context.spied.calls;
});

test.after(async ({ daemon, spied }) => {
  await spied?.stop();
  await daemon?.stop();
});

const real: typeof test = ((name: string, run: (context: Context) => Promise<void>) => {
  if (missing === undefined) test(name, run);
}) as typeof test;

/** What was called since `calls` had so many. */
const paths = (calls: readonly Call[], from = 0) => calls.slice(from).map(([path]) => path);

real(
  "creating and listing asks for no path, and for the capabilities once (moby 32)",
  async (context) => {
    const { daemon, calls } = context;
    await daemon.done([
      "volume",
      "create",
      "-d",
      "watched",
      "-o",
      "size=1g",
      "--label",
      "a=b",
      "db",
    ]);
    await daemon.done(["volume", "ls"]);
    await daemon.done(["volume", "inspect", "db"]);
    await daemon.done(["volume", "create", "-d", "watched", "other"]);
    assert.ok(!paths(calls).includes("/VolumeDriver.Path"), paths(calls).join());
    const asked = paths(calls).filter((path) => path === "/VolumeDriver.Capabilities");
    assert.is(asked.length, 1);
    // Labels stay with Docker.
    const [, body] = calls.find(([path]) => path === "/VolumeDriver.Create")!;
    assert.equal(body, { Name: "db", Opts: { size: "1g" } });
  },
);

real(
  "a plugin is activated once, and mounts and unmounts are as many as uses (moby 28)",
  async (context) => {
    const { daemon, calls } = context;
    const before = calls.length;
    const run = [
      "run",
      "--network",
      "none",
      "-v",
      "db:/data",
      "-v",
      "db:/again",
      IMAGE,
      "/bin/true",
    ];
    for (let i = 0; i < 3; i++) await daemon.done(["run", "--rm", ...run.slice(1)]);
    const idsOf = (method: string) =>
      calls.slice(before).filter(([path]) => path === `/VolumeDriver.${method}`)
        .map(([, { ID }]) => ID as string);
    const mounts = idsOf("Mount");
    assert.is(mounts.length, 6);
    assert.is(new Set(mounts).size, 6);
    assert.ok(mounts.every((id) => id !== ""));
    assert.equal([...idsOf("Unmount")].sort(), [...mounts].sort());
    assert.is(paths(calls).filter((path) => path === "/Plugin.Activate").length, 1);
  },
);

real("a driver that is down does not hold up volumes of others (moby 29)", async ({ daemon }) => {
  const { bridge } = await serveLocalVolumes(daemon, "down");
  await daemon.done(["volume", "create", "-d", "down", "gone"]);
  await bridge.kill();
  const waiting = daemon.docker(["volume", "create", "-d", "down", "never"]);
  await sleep(100);
  const creating = daemon.done(["volume", "create", "-d", "watched", "quick"]);
  assert.is(await Promise.race([creating, waiting.then(() => "given up")]), "quick");
  assert.is((await waiting).code, 1);
});

test.run();
