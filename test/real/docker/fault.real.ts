import { once } from "node:events";
import { watch } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import * as assert from "uvu/assert";
import { VOLUME_METHODS } from "../../../src/contract/volume.ts";
import { answeringEach, bundleOf } from "../../support/guest.ts";
import { leaveOut } from "../../support/optional.ts";
import { suite } from "../../support/suite.ts";
import { Daemon, IMAGE } from "./daemon.ts";
import { type InspectedVolume, inspectVolume, serveLocalVolumes } from "./local-volume.ts";
import { missingDocker } from "./missing.ts";
import { Spied } from "./spied.ts";

const TITLE = "faults between a Docker daemon and its volume plugin";
const test = suite<{ daemon: Daemon }>(TITLE, 300_000);

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

/** Waits until something is made in a folder, or changed: somebody is in the middle of that. */
async function changeIn(folder: string): Promise<void> {
  const watcher = watch(folder);
  await once(watcher, "change");
  watcher.close();
}

/** How many calls Docker says were cut off: a plugin had them, and did not answer. */
async function cutOff(daemon: Daemon): Promise<number> {
  const lines = (await daemon.log()).split("\n");
  const retries = lines.filter((line) => line.includes("Unable to connect to plugin: "));
  // Where the plugin had gone before, it is refused.
  return retries.filter((line) => /EOF|connection reset|broken pipe/.test(line)).length;
}

/** Makes one volume after the other, some at a time, until it is ended. */
class Load {
  readonly acknowledged: string[] = [];
  readonly tried: string[] = [];
  #isEnded = false;
  #heard: () => void = () => {};
  readonly #workers: Promise<unknown>;

  constructor(make: (volume: string) => Promise<boolean>) {
    const work = async () => {
      while (!this.#isEnded) {
        const volume = `v${String(this.tried.length).padStart(4, "0")}`;
        this.tried.push(volume);
        if (!await make(volume)) continue;
        this.acknowledged.push(volume);
        this.#heard();
      }
    };
    this.#workers = Promise.all(Array.from({ length: 20 }, work));
  }

  /** Waits for one more volume that was acknowledged. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#heard = resolve);
  }

  async end(): Promise<void> {
    this.#isEnded = true;
    await this.#workers;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }
}

real(
  "a plugin that is killed under load loses nothing that it acknowledged",
  async ({ daemon }) => {
    const { name, root, bridge } = await serveLocalVolumes(daemon, "killed");
    await using load = new Load((volume) => create(daemon, name, volume));
    for (let kills = 0; kills < 3; kills++) {
      const before = await cutOff(daemon);
      await load.next();
      // It has begun with one, others wait for it, and Docker for them all.
      await changeIn(root);
      await bridge.kill();
      await bridge.restart();
      await load.next();
      assert.ok(await cutOff(daemon) > before, "nothing was cut off");
    }
    await load.end();

    const there = await listed(daemon, name);
    assert.equal(load.acknowledged.filter((volume) => !there.includes(volume)), []);
    // What was not acknowledged is either whole or not there.
    assert.equal((await readdir(root)).sort(), there);
    const inspected = JSON.parse(await daemon.done(["volume", "inspect", ...there]));
    assert.ok(inspected.every(({ Status }: InspectedVolume) => Status["mounts"] === 0));
    // Docker can go on with all of them.
    const again = await Promise.all(load.tried.map((volume) => create(daemon, name, volume)));
    assert.is(again.every(Boolean), true);
    assert.equal(await listed(daemon, name), load.tried);
  },
);

real("a plugin that is killed while containers start counts them right", async ({ daemon }) => {
  await using spied = await Spied.start(daemon, "counted");
  const { name, bridge } = spied.volumes;
  await daemon.done(["volume", "create", "-d", name, "shared"]);
  const run = ["run", "-d", "--network", "none", "-v", "shared:/data", IMAGE, "/bin/sleep", "1000"];
  const first = await daemon.done(run);
  const before = await cutOff(daemon);
  const mounting = spied.hold("VolumeDriver.Mount");
  const others = Promise.all(Array.from({ length: 6 }, () => daemon.docker(run)));
  // One of them is mounted, and Docker does not know.
  await mounting;
  await bridge.kill();
  await bridge.restart();
  spied.drop();
  const started = (await others).filter(({ code }) => code === 0).map((one) => one.stdout.trim());
  assert.ok(started.length < 6 && await cutOff(daemon) > before, "nothing was cut off");
  const mounts = Number((await inspectVolume(daemon, "shared")).Status["mounts"]);
  // That one counts as well; none that Docker has may be missing.
  assert.ok(mounts > started.length + 1 && mounts <= 7, `${mounts} of ${started.length + 1}`);
  if (started.length > 0) await daemon.done(["rm", "-f", ...started]);
  // Where creating a container failed, Docker may have forgotten the others; the plugin has not.
  await daemon.fails(["volume", "rm", "shared"], 1, /volume is in use|containers? uses? it/);
  await daemon.done(["rm", "-f", first]);
});

real(
  "a daemon that is killed finds its volumes, and its containers' data, again",
  async (context) => {
    const { daemon } = context;
    const { name, root } = await serveLocalVolumes(daemon, "daemon");
    await daemon.done(["volume", "create", "-d", name, "kept"]);
    const command = (text: string) =>
      ["run", "--rm", "--network", "none", "-v", "kept:/data"]
        .concat(IMAGE, "/bin/sh", "-c", text);
    await daemon.done(command("echo data >/data/f"));
    await using load = new Load((volume) => create(daemon, name, volume).catch(() => false));
    await load.next();
    await changeIn(root);
    const ended = load.end();
    await daemon.kill();
    await ended;
    assert.ok(load.acknowledged.length < load.tried.length, "nothing was cut off");
    await daemon.up();
    const there = await listed(daemon, name);
    assert.equal(load.acknowledged.filter((volume) => !there.includes(volume)), []);
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
