import { chmod, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import * as assert from "uvu/assert";
import { CLI } from "../../support/cli.ts";
import { leaveOut } from "../../support/optional.ts";
import { projectPath } from "../../support/paths.ts";
import { suite } from "../../support/suite.ts";
import { Daemon, IMAGE } from "./daemon.ts";
import { inspectVolume, type LocalVolumes, serveLocalVolumes } from "./local-volume.ts";
import { DOCKER_CLIS, missingDocker } from "./missing.ts";
import { tlsFiles } from "./tls-files.ts";

interface Context {
  daemon: Daemon;
  volumes: LocalVolumes;
}

const TITLE = "volumes of a Docker daemon";
const test = suite<Context>(TITLE);

const missing = await missingDocker();
if (missing !== undefined) leaveOut(TITLE, missing);

test.before(async (context) => {
  if (missing !== undefined) return;
  context.daemon = await Daemon.start();
  context.volumes = await serveLocalVolumes(context.daemon, "folders");
});

test.after(async ({ daemon }) => await daemon?.stop());

/** A test that needs a daemon. */
const real: typeof test = ((name: string, run: (context: Context) => Promise<void>) => {
  if (missing === undefined) test(name, run);
}) as typeof test;

/** Runs a command in a container with a volume under `/data`. */
const inContainer = (volume: string, command: string): string[] => [
  ...["run", "--rm", "--network", "none", "-v", `${volume}:/data`],
  ...[IMAGE, "/bin/sh", "-c", command],
];

for (const { name: cliName, path: cli } of DOCKER_CLIS) {
  real(`${cliName}: volume create, ls, inspect and rm`, async ({ daemon, volumes }) => {
    const before = Date.now();
    const create = [
      "volume",
      "create",
      "-d",
      volumes.name,
      "-o",
      "size=1g",
      "--label",
      "a=b",
      "v1",
    ];
    assert.is(await daemon.done(create, cli), "v1");
    // Again, it is the same.
    assert.is(await daemon.done(create, cli), "v1");
    assert.is(
      await daemon.done(["volume", "ls", "--format", "{{.Driver}} {{.Name}}"], cli),
      `${volumes.name} v1`,
    );
    const volume = await inspectVolume(daemon, "v1", cli);
    assert.equal({ ...volume, CreatedAt: "" }, {
      CreatedAt: "",
      Driver: volumes.name,
      Labels: { a: "b" },
      Mountpoint: join(volumes.root, "v1"),
      Name: "v1",
      Options: { size: "1g" },
      Scope: "local",
      Status: { limitBytes: 2 ** 30, mounts: 0 },
    });
    const created = Date.parse(volume.CreatedAt);
    assert.ok(created > before - 2_000 && created < Date.now() + 2_000, volume.CreatedAt);
    assert.equal(await readdir(volumes.root), ["v1"]);

    assert.is(await daemon.done(["volume", "rm", "v1"], cli), "v1");
    assert.is(await daemon.done(["volume", "ls", "-q"], cli), "");
    await daemon.fails(["volume", "inspect", "v1"], 1, /no such volume/i, cli);
    assert.equal(await readdir(volumes.root), []);
  });

  const refusals: readonly (readonly [string, string[], RegExp])[] = [
    [
      "an option that nobody knows",
      ["-o", "uid=5", "v2"],
      /cannot create "v2": there is no option "uid"; the only one is "size"/,
    ],
    ["a size that is none", ["-o", "size=-1", "v2"], /cannot create "v2": the size "-1" is none/],
    ["a name that leads elsewhere", ["../v2"], /cannot create "\.\.\/v2": wanted letters/],
    ["a name that is hidden", [".v2"], /cannot create "\.v2": wanted letters/],
  ];
  for (const [what, args, words] of refusals) {
    real(`${cliName}: ${what} is refused in the plugin's words`, async ({ daemon, volumes }) => {
      const create = ["volume", "create", "-d", volumes.name, ...args];
      await daemon.fails(create, 1, words, cli);
      assert.equal(await readdir(volumes.root), []);
    });
  }

  real(`${cliName}: run -v keeps data over containers and restarts`, async (context) => {
    const { daemon, volumes } = context;
    await daemon.done(["volume", "create", "-d", volumes.name, "v3"], cli);
    assert.is(await daemon.done(inContainer("v3", "echo one >/data/f; cat /data/f"), cli), "one");
    assert.is(await volumes.bridge.stop(), 0);
    await volumes.bridge.restart();
    assert.is(
      await daemon.done(inContainer("v3", "echo two >>/data/f; cat /data/f"), cli),
      "one\ntwo",
    );
    assert.is(await readFile(join(volumes.root, "v3", "f"), "utf8"), "one\ntwo\n");
    assert.equal((await inspectVolume(daemon, "v3", cli)).Status, { mounts: 0 });
    await daemon.done(["volume", "rm", "v3"], cli);
  });

  real(`${cliName}: two containers on one volume, and how many use it`, async (context) => {
    const { daemon, volumes } = context;
    const start = async (volume: string) =>
      await daemon.done(
        ["run", "-d", "--network", "none", "-v", `${volume}:/data`]
          .concat("--volume-driver", volumes.name, IMAGE, "/bin/sleep", "1000"),
        cli,
      );
    const mounts = async () => (await inspectVolume(daemon, "v4", cli)).Status["mounts"];
    // Docker makes the volume by itself.
    const one = await start("v4");
    const two = await start("v4");
    assert.is(await mounts(), 2);
    await daemon.done(["exec", one, "/bin/sh", "-c", "echo shared >/data/f"], cli);
    assert.is(await daemon.done(["exec", two, "/bin/cat", "/data/f"], cli), "shared");

    await daemon.fails(["volume", "rm", "v4"], 1, /volume is in use/, cli);

    // Uses are remembered by a plugin that did not see them begin.
    await volumes.bridge.kill();
    await volumes.bridge.restart();
    assert.is(await mounts(), 2);
    await daemon.done(["rm", "-f", one], cli);
    assert.is(await mounts(), 1);
    assert.is(await daemon.done(["exec", two, "/bin/cat", "/data/f"], cli), "shared");
    await daemon.done(["rm", "-f", two], cli);
    assert.is(await mounts(), 0);
    await daemon.done(["volume", "rm", "v4"], cli);
    assert.equal(await readdir(volumes.root), []);
  });
}

real("a volume that holds more than it may is not mounted", async ({ daemon, volumes }) => {
  await daemon.done(["volume", "create", "-d", volumes.name, "-o", "size=1k", "v5"]);
  const fill = inContainer(
    "v5",
    "while test 0; do echo 0123456789abcdef; done | head -c 2000 >/data/f",
  );
  // While a container runs nothing stops it.
  await daemon.done(fill);
  await daemon.fails(
    inContainer("v5", "true"),
    125,
    /cannot mount "v5": it holds 2000 bytes, and may hold 1024/,
  );
  assert.equal((await inspectVolume(daemon, "v5")).Status["mounts"], 0);
  await writeFile(join(volumes.root, "v5", "f"), "");
  await daemon.done(inContainer("v5", "true"));
  await daemon.done(["volume", "rm", "v5"]);
});

real("Docker copies the image's folder to a volume that is empty", async ({ daemon, volumes }) => {
  await daemon.done(["volume", "create", "-d", volumes.name, "v6"]);
  const list = ["run", "--rm", "--network", "none", "-v", "v6:/bin", IMAGE, "/bin/ls", "/bin"];
  assert.match(await daemon.done(list), /busybox/);
  assert.ok((await readdir(join(volumes.root, "v6"))).includes("busybox"));
  await daemon.done(["volume", "rm", "v6"]);
});

real("what is gone from the folder is gone for Docker only when it is removed", async (context) => {
  const { daemon, volumes } = context;
  await daemon.done(["volume", "create", "-d", volumes.name, "v7"]);
  await daemon.done(inContainer("v7", "true"));
  await rm(join(volumes.root, "v7"), { recursive: true });
  await daemon.fails(inContainer("v7", "true"), 125, /cannot mount "v7": its folder is gone/);
  assert.is((await inspectVolume(daemon, "v7")).Status["folder"], "missing");
  await daemon.done(["volume", "rm", "v7"]);
  assert.is(await daemon.done(["volume", "ls", "-q"]), "");
});

real("a plugin behind TCP and TLS is found by its file, and gone with it", async ({ daemon }) => {
  const file = await tlsFiles(daemon);
  const { bridge } = await serveLocalVolumes(
    daemon,
    "remote",
    ...["--tcp", "127.0.0.1:8443", "--tls-ca", file("ca.pem")],
    ...["--tls-cert", file("server.pem"), "--tls-key", file("server.key")],
    ...["--docker-cert", file("client.pem"), "--docker-key", file("client.key")],
  );
  const spec = "/etc/docker/plugins/remote.json";
  assert.match(await daemon.inside("cat", [spec]), /"Addr": ?"https:\/\/127\.0\.0\.1:8443"/);
  await daemon.done(["volume", "create", "-d", "remote", "v8"]);
  assert.is(await daemon.done(inContainer("v8", "echo data >/data/f; cat /data/f")), "data");
  await daemon.done(["volume", "rm", "v8"]);
  await bridge.stop();
  assert.is(await daemon.inside("ls", ["/etc/docker/plugins"]), "");
});

real("the five commands of the README lead to a container with a volume", async ({ daemon }) => {
  const folder = daemon.path("readme");
  await mkdir(join(folder, "bin"), { recursive: true });
  await symlink(projectPath("wasm-plugins"), join(folder, "wasm-plugins"));
  const cofferdam = join(folder, "bin", "cofferdam");
  // What goes on in the background must not keep the shell's own output open.
  await writeFile(
    cofferdam,
    `#!/bin/sh
[ "$1" = docker ] && echo $$ >pid && exec >bridge.log 2>&1
exec ${[CLI[0], ...CLI[1]].join(" ")} "$@"
`,
  );
  await chmod(cofferdam, 0o755);
  const [script = "", again] = await Promise.all(
    [["README.md"], ["wasm-plugins", "local-volume", "README.md"]].map(async (steps) => {
      const readme = await readFile(projectPath(...steps), "utf8");
      return /<!-- example: volume -->\s+```sh\n([^]*?)```/.exec(readme)![1]!;
    }),
  );
  assert.is(script, again);
  assert.is(script.replaceAll("\\\n", "").trim().split("\n").length, 5);
  try {
    const output = await daemon.inside("sh", ["-ec", script], {
      cwd: folder,
      env: { PATH: `${join(folder, "bin")}:${process.env["PATH"]}` },
    });
    assert.match(output, /^data\nhello$/m);
    assert.is(await readFile(join(folder, "volumes", "data", "greeting"), "utf8"), "hello\n");
    await daemon.done(["volume", "rm", "data"]);
  } finally {
    const pid = await readFile(join(folder, "pid"), "utf8").catch(() => undefined);
    if (pid !== undefined) process.kill(Number(pid), "SIGTERM");
  }
});

test.run();
