import { readdir, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import * as assert from "uvu/assert";
import { VOLUME_METHODS } from "../../../src/contract/volume.ts";
import { answeringEach, bundleOf } from "../../support/guest.ts";
import { leaveOut } from "../../support/optional.ts";
import { suite } from "../../support/suite.ts";
import { Daemon, IMAGE } from "./daemon.ts";
import { inspectVolume, serveLocalVolumes } from "./local-volume.ts";
import { missingDocker } from "./missing.ts";

const TITLE = "faults between a Docker daemon and its volume plugin";
const test = suite<{ daemon: Daemon }>(TITLE);

const missing = await missingDocker();
if (missing !== undefined) leaveOut(TITLE, missing);

test.before(async (context) => {
  if (missing === undefined) context.daemon = await Daemon.start();
});

test.after(async ({ daemon }) => await daemon?.stop());

const real: typeof test = ((name: string, run: (context: { daemon: Daemon }) => Promise<void>) => {
  if (missing === undefined) test(name, run);
}) as typeof test;

const MANY = 200;

/** `POST /volumes/create`. @returns whether Docker acknowledged it */
async function create(daemon: Daemon, driver: string, name: string): Promise<boolean> {
  const body = JSON.stringify({ Name: name, Driver: driver });
  const { status, text } = await daemon.ask("POST", "/v1.41/volumes/create", body);
  assert.ok(status === 201 || status === 500, `${status} ${text}`);
  return status === 201;
}

/** Names of a driver's volumes, as `docker` lists them. */
async function listed(daemon: Daemon, driver: string): Promise<string[]> {
  const output = await daemon.done(["volume", "ls", "-q", "-f", `driver=${driver}`]);
  return output.split("\n").filter(Boolean).sort();
}

real(`${MANY} volumes that are made at once are all there`, async ({ daemon }) => {
  const { name, root } = await serveLocalVolumes(daemon, "many");
  const names = Array.from({ length: MANY }, (_, n) => `v${String(n).padStart(3, "0")}`);
  const made = await Promise.all(names.map((volume) => create(daemon, name, volume)));
  assert.is(made.every(Boolean), true);
  assert.equal(await listed(daemon, name), names);
  assert.equal((await readdir(root)).sort(), names);
  await daemon.done(["volume", "rm", ...names]);
  assert.equal(await listed(daemon, name), []);
  assert.equal(await readdir(root), []);
});

real(
  "a plugin that is killed under load loses nothing that it acknowledged",
  async ({ daemon }) => {
    const { name, root, bridge } = await serveLocalVolumes(daemon, "killed");
    const acknowledged = new Set<string>();
    let kills = 0;
    const work = Promise.all(Array.from({ length: MANY }, async (_, n) => {
      const volume = `v${String(n).padStart(3, "0")}`;
      if (await create(daemon, name, volume)) acknowledged.add(volume);
    }));
    const ended = work.then(() => "ended");
    while (kills < 3) {
      const before = acknowledged.size;
      // Some more, so that it is killed amidst them.
      while (acknowledged.size < before + 10) {
        if (await Promise.race([ended, sleep(2)]) === "ended") break;
      }
      await bridge.kill();
      kills++;
      await bridge.restart();
    }
    await work;
    assert.ok(acknowledged.size >= 10, `${acknowledged.size} of ${MANY}`);

    const there = await listed(daemon, name);
    assert.equal([...acknowledged].filter((volume) => !there.includes(volume)), []);
    // What was not acknowledged is either whole or not there.
    assert.equal((await readdir(root)).sort(), there);
    for (const volume of there) {
      assert.equal((await inspectVolume(daemon, volume)).Status, { mounts: 0 });
    }
    // Docker can go on with all of them.
    const again = await Promise.all(
      Array.from(
        { length: MANY },
        (_, n) => create(daemon, name, `v${String(n).padStart(3, "0")}`),
      ),
    );
    assert.is(again.every(Boolean), true);
    assert.is((await listed(daemon, name)).length, MANY);
  },
);

real(
  "a plugin that is killed while containers start and end counts them right",
  async (context) => {
    const { daemon } = context;
    const { name, bridge } = await serveLocalVolumes(daemon, "counted");
    await daemon.done(["volume", "create", "-d", name, "shared"]);
    const run = [
      "run",
      "-d",
      "--network",
      "none",
      "-v",
      "shared:/data",
      IMAGE,
      "/bin/sleep",
      "1000",
    ];
    const first = await daemon.done(run);
    const others = Promise.all(Array.from({ length: 6 }, () => daemon.docker(run)));
    await sleep(500);
    await bridge.kill();
    await bridge.restart();
    const started = (await others).filter(({ code }) => code === 0).map((one) => one.stdout.trim());
    const { Status: { mounts } } = await inspectVolume(daemon, "shared");
    // A mount whose answer was cut off may count as well; none that Docker has may be missing.
    assert.ok(Number(mounts) >= started.length + 1, `${mounts} of ${started.length + 1}`);
    await daemon.done(["rm", "-f", ...started]);
    await daemon.fails(["volume", "rm", "shared"], 1, /volume is in use/);
    await daemon.done(["rm", "-f", first]);
  },
);

real(
  "a daemon that is killed finds its volumes, and its containers' data, again",
  async (context) => {
    const { daemon } = context;
    const { name } = await serveLocalVolumes(daemon, "daemon");
    await daemon.done(["volume", "create", "-d", name, "kept"]);
    const command = (text: string) =>
      ["run", "--rm", "--network", "none", "-v", "kept:/data"]
        .concat(IMAGE, "/bin/sh", "-c", text);
    await daemon.done(command("echo data >/data/f"));
    const creating = Promise.allSettled(
      Array.from({ length: 50 }, (_, n) => create(daemon, name, `d${n}`)),
    );
    await sleep(50);
    await daemon.kill();
    const results = await creating;
    await daemon.up();
    const there = await listed(daemon, name);
    for (const [n, result] of results.entries()) {
      if (result.status === "fulfilled" && result.value) assert.ok(there.includes(`d${n}`));
    }
    assert.is(await daemon.done(command("cat /data/f")), "data");
  },
);

/** A volume plugin that does what its entry points do here, and else says that all is well. */
function volumeGuest(answers: Readonly<Record<string, string>>, more: string, manifest = {}) {
  const text = answeringEach(answers).replace(/\)\s*$/, `${more})`);
  const contracts = { implements: [{ contract: "volume", version: 1 }] };
  return bundleOf(text, { name: "guest", ...contracts, ...manifest });
}

const ALL_WELL: Readonly<Record<string, string>> = {
  volume_create: "{}",
  volume_remove: "{}",
  volume_unmount: "{}",
  volume_list: '{"volumes":[{"name":"held"}]}',
  volume_get: '{"volume":{"name":"held"}}',
  volume_path: '{"mountpoint":"/var/empty"}',
  volume_mount: '{"mountpoint":"/var/empty"}',
};

/** Serves {@link ALL_WELL} but for one entry point. */
async function serveGuest(daemon: Daemon, name: string, entry: string, code: string, flags = [""]) {
  const { [entry]: _, ...answers } = ALL_WELL;
  const file = daemon.path(`${name}.wasm`);
  await writeFile(file, volumeGuest(answers, `(func (export "${entry}") (result i32) ${code})`));
  const args = ["--plugin", file, ...flags.filter(Boolean)];
  return await daemon.bridge({ name, args });
}

const LOOP = "(loop $l (br $l)) (i32.const 0)";

real("the methods that these guests have are those of the contract", () => {
  const entries = Object.values(VOLUME_METHODS).map(({ entry }) => entry);
  assert.equal(Object.keys(ALL_WELL).filter((entry) => !entries.includes(entry)), []);
  return Promise.resolve();
});

real("a guest that traps in Mount fails that container, and no other call", async ({ daemon }) => {
  await serveGuest(daemon, "trap", "volume_mount", "unreachable");
  const run = ["run", "--rm", "--network", "none", "-v", "held:/data", "--volume-driver", "trap"]
    .concat(IMAGE, "/bin/true");
  for (let i = 0; i < 2; i++) {
    await daemon.fails(run, 125, /VolumeDriver\.Mount: .*trap/);
  }
  assert.is((await inspectVolume(daemon, "held")).Driver, "trap");
  await daemon.done(["volume", "rm", "held"]);
});

real("a guest that is slow is ended at its deadline, and holds up nobody else", async (context) => {
  const { daemon } = context;
  await serveGuest(daemon, "slow", "volume_remove", LOOP, [
    "--timeout",
    "2s",
    "--fuel",
    "1000000000000",
  ]);
  const { name } = await serveLocalVolumes(daemon, "quick");
  await daemon.done(["volume", "create", "-d", "slow", "held"]);
  const removing = daemon.docker(["volume", "rm", "held"]);
  const creating = daemon.done(["volume", "create", "-d", name, "other"]);
  assert.is(await Promise.race([creating, removing.then(() => "removed")]), "other");
  const { code, stderr } = await removing;
  assert.is(code, 1);
  assert.match(stderr, /VolumeDriver\.Remove: .*(timeout|longer than|took)/);
  assert.is((await inspectVolume(daemon, "held")).Driver, "slow");
  await daemon.done(["volume", "rm", "other"]);
});

real("a plugin that appears two seconds late is found (moby 30)", async ({ daemon }) => {
  const creating = daemon.docker(["volume", "create", "-d", "late", "tardy"]);
  await sleep(2_000);
  await serveLocalVolumes(daemon, "late");
  const { code, stdout, stderr } = await creating;
  assert.equal([code, stdout.trim()], [0, "tardy"], stderr);
  await daemon.done(["volume", "rm", "tardy"]);
});

real("the same name with another driver is a conflict (moby 31)", async ({ daemon }) => {
  const one = await serveLocalVolumes(daemon, "one");
  const two = await serveLocalVolumes(daemon, "two");
  await daemon.done(["volume", "create", "-d", one.name, "same"]);
  await daemon.fails(
    ["volume", "create", "-d", two.name, "same"],
    1,
    /driver .one. already has volume .same./,
  );
  assert.equal(await readdir(two.root), []);
});

real("a connection that was idle for long is used again", async ({ daemon }) => {
  const { name } = await serveLocalVolumes(daemon, "idle");
  await daemon.done(["volume", "create", "-d", name, "idle1"]);
  await sleep(7_000);
  await daemon.done(["volume", "create", "-d", name, "idle2"]);
  assert.not.match(await daemon.log(), /Unable to connect to plugin: [^\n]*idle\.sock/);
});

test.run();
