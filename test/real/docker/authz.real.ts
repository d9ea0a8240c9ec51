import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { request } from "node:http";
import * as assert from "uvu/assert";
import { builtPlugin } from "../../../scripts/build-plugins.ts";
import { bundleOf } from "../../support/guest.ts";
import { leaveOut } from "../../support/optional.ts";
import { suite } from "../../support/suite.ts";
import type { Bridge } from "./bridge.ts";
import { Daemon, IMAGE } from "./daemon.ts";
import { serveLocalVolumes } from "./local-volume.ts";
import { DOCKER_CLIS, missingDocker } from "./missing.ts";
import { tlsFiles } from "./tls-files.ts";

interface Context {
  daemon: Daemon;
  /** `docker-authz`, called `gate`. */
  gate: Bridge;
}

const TITLE = "authorization of a Docker daemon's clients";
const test = suite<Context>(TITLE);

const missing = await missingDocker();
if (missing !== undefined) leaveOut(TITLE, missing);

const SETTINGS = {
  images: ["docker.io/library/busybox:latest"],
  madeImages: ["docker.io/library/made"],
  import: true,
  volumeDrivers: ["local", "folders"],
  secretVariables: ["*_TOKEN"],
  users: { admin: ["client"] },
};

test.before(async (context) => {
  if (missing !== undefined) return;
  const daemon = context.daemon = await Daemon.start();
  await daemon.done(["save", "-o", daemon.path("saved.tar"), IMAGE]);
  const settings = daemon.path("gate.json");
  await writeFile(settings, JSON.stringify(SETTINGS));
  const args = ["--plugin", builtPlugin("docker-authz"), "--settings", settings];
  context.gate = await daemon.bridge({ name: "gate", args });
  await serveLocalVolumes(daemon, "folders");
});

test.after(async ({ daemon }) => {
  try {
    if (missing === undefined) await authorize(daemon);
  } finally {
    await daemon?.stop();
  }
});

const real: typeof test = ((name: string, run: (context: Context) => Promise<void>) => {
  if (missing === undefined) test(name, run);
}) as typeof test;

/** Has a running daemon ask these plugins from now on. */
async function authorize(daemon: Daemon, ...plugins: string[]): Promise<void> {
  await daemon.configure({ "authorization-plugins": plugins });
  await daemon.reload();
}

const DENIED = "authorization denied by plugin gate: ";

const run = (...options: string[]) => ["run", "--rm", "--network", "none", ...options];

real("SIGHUP brings an authorization plugin, and takes it away", async ({ daemon }) => {
  // Made, not run: this machine may not have what a privileged container wants.
  const privileged = ["create", "--privileged", IMAGE, "/bin/true"];
  await daemon.done(["rm", await daemon.done(privileged)]);
  await authorize(daemon, "gate");
  await daemon.fails(privileged, 1, /authorization denied by plugin gate: Privileged/);
  await authorize(daemon);
  await daemon.done(["rm", await daemon.done(privileged)]);
  await authorize(daemon, "gate");
});

/** What a user tries, how `docker` ends, and what it says behind {@link DENIED}. */
const DENIALS: readonly (readonly [string, readonly string[], RegExp])[] = [
  [
    "--privileged",
    run("--privileged", IMAGE, "/bin/true"),
    /^Privileged containers and commands are not allowed\. \[privileged\]/,
  ],
  ["a folder of the host", run("-v", "/etc:/data", IMAGE, "/bin/true"), /\[host-mount\]/],
  [
    "a folder of the host, in other words",
    run("--mount", "type=bind,source=/etc,target=/data", IMAGE, "/bin/true"),
    /\[host-mount\]/,
  ],
  [
    "an image that is not allowed",
    run("alpine:3.20", "/bin/true"),
    /^The image "docker\.io\/library\/alpine:3\.20" is not allowed\. \[image-allowed\]/,
  ],
  ["the host's processes", run("--pid", "host", IMAGE, "/bin/true"), /\[host-namespace\]/],
  ["a capability", run("--cap-add", "SYS_ADMIN", IMAGE, "/bin/true"), /\[capability-added\]/],
  ["a pull", ["pull", "alpine:3.20"], /\[image-allowed\]/],
  ["another name for an image", ["tag", IMAGE, "other:latest"], /\[image-made\]/],
  ["another driver of volumes", ["volume", "create", "-d", "nfs", "x"], /\[volume-driver\]/],
  ["a swarm", ["swarm", "init"], /\[call-known\]/],
];

for (const { name: cliName, path: cli } of DOCKER_CLIS) {
  for (const [what, args, words] of DENIALS) {
    real(`${cliName}: ${what} is denied in the policy's words`, async ({ daemon }) => {
      const { code, stderr } = await daemon.docker(args, cli);
      assert.ok(code !== 0, "it was allowed");
      assert.ok(stderr.includes(DENIED), stderr);
      assert.match(stderr.slice(stderr.indexOf(DENIED) + DENIED.length), words);
    });
  }

  real(`${cliName}: what the policy allows is done (moby 33)`, async ({ daemon }) => {
    const tar = daemon.path("image.tar");
    await daemon.done(["volume", "create", "-d", "folders", "allowed"], cli);
    const mount = run("-v", "allowed:/data", IMAGE, "/bin/sh", "-c", "echo data >/data/f");
    await daemon.done(mount, cli);
    await daemon.done(["ps", "-a"], cli);
    await daemon.done(["images"], cli);
    const id = await daemon.done(
      ["run", "-d", "--network", "none", IMAGE, "/bin/sleep", "1000"],
      cli,
    );
    assert.is(await daemon.done(["exec", id, "/bin/echo", "within"], cli), "within");
    await daemon.done(["cp", tar, `${id}:/file`], cli);
    assert.match(await daemon.done(["exec", id, "/bin/ls", "/"], cli), /^file$/m);
    await daemon.fails(["exec", "--privileged", id, "/bin/true"], 1, /\[privileged\]/, cli);
    // A stream out, streams in.
    await daemon.done(["export", "-o", daemon.path("exported.tar"), id], cli);
    await daemon.done(["rm", "-f", id], cli);
    await daemon.done(["import", tar, "made:1"], cli);
    await daemon.done(["load", "-i", daemon.path("saved.tar")], cli);
    await daemon.done(["rmi", "made:1"], cli);
    const events = ["events", "--since", "10m", "--until", "0s", "--filter", "type=volume"];
    assert.match(await daemon.done(events, cli), /volume (create|mount) allowed/);
    await daemon.done(["volume", "rm", "allowed"], cli);
  });
}

/** Makes a container by the API, with a body of a certain length. */
const creation = (hostConfig: object, length = 0) => {
  const body = { Image: IMAGE, Cmd: ["/bin/true"], HostConfig: hostConfig, Labels: { pad: "" } };
  body.Labels.pad = "x".repeat(Math.max(0, length - JSON.stringify(body).length));
  return JSON.stringify(body);
};

const CREATE = "/v1.41/containers/create";

/** `POST`, chunked, so that nothing says how long it is. */
function postChunked(daemon: Daemon, body: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const call = request({
      ...{ socketPath: daemon.path("docker.sock"), method: "POST", path: CREATE, agent: false },
      headers: { "Content-Type": "application/json", "Transfer-Encoding": "chunked" },
    }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => text += part);
      response.on("end", () => resolve({ status: response.statusCode!, text }));
    });
    call.on("error", reject);
    call.write(body.slice(0, 20));
    call.end(body.slice(20));
  });
}

async function removeMade(daemon: Daemon, text: string): Promise<void> {
  await daemon.done(["rm", JSON.parse(text).Id]);
}

real("a chunked body is judged, or where Docker hides it, denied", async ({ daemon }) => {
  const denied = await postChunked(daemon, creation({ Privileged: true }));
  assert.is(denied.status, 403);
  assert.match(denied.text, /\[privileged\]|\[cofferdam\.body-hidden\]/);
  const plain = await postChunked(daemon, creation({}));
  // Docker 20.10.24 hides it; Debian's has the correction of CVE-2024-41110 and shows it.
  assert.ok(plain.status === 201 || /\[cofferdam\.body-hidden\]/.test(plain.text), plain.text);
  if (plain.status === 201) await removeMade(daemon, plain.text);
});

real(
  "a body of a megabyte is hidden by Docker, and denied; a byte less is judged",
  async ({ daemon }) => {
    const megabyte = 1024 * 1024;
    const small = await daemon.ask("POST", CREATE, creation({ Privileged: true }, megabyte - 1));
    assert.is(small.status, 403);
    assert.match(small.text, /\[privileged\]/);
    const allowed = await daemon.ask("POST", CREATE, creation({}, megabyte - 1));
    assert.is(allowed.status, 201, allowed.text);
    await removeMade(daemon, allowed.text);
    // More than a megabyte is not shown: what would be denied and what would be allowed look alike.
    const labels = daemon.path("labels");
    await writeFile(
      labels,
      Array.from({ length: 20 }, (_, n) => `pad${n}=${"x".repeat(60_000)}\n`).join(""),
    );
    for (const more of [["--privileged"], []]) {
      const create = ["create", ...more, "--label-file", labels, IMAGE, "/bin/true"];
      await daemon.fails(create, 1, /\[cofferdam\.body-hidden\]/);
    }
  },
);

real("keys in another case are read as Docker reads them", async ({ daemon }) => {
  const lower = `{"image":"${IMAGE}","hostconfig":{"privileged":true}}`;
  const denied = await daemon.ask("POST", CREATE, lower);
  assert.is(denied.status, 403);
  assert.match(denied.text, /\[privileged\]/);
  const twice = `{"Image":"${IMAGE}","HostConfig":{},"hostconfig":{"Privileged":true}}`;
  const disputed = await daemon.ask("POST", CREATE, twice);
  assert.is(disputed.status, 403);
  assert.match(disputed.text, /\[cofferdam\.call-unreadable\]/);
});

real(
  "a form in the body, by which Docker would go before the query, is denied",
  async ({ daemon }) => {
    const path = "/v1.41/images/busybox/tag?repo=made&tag=1";
    const form = { "Content-Type": "application/x-www-form-urlencoded" };
    const tag = () => daemon.ask("POST", path, "repo=evil&tag=2", form);
    // This is what Docker does.
    await authorize(daemon);
    assert.is((await tag()).status, 201);
    assert.match(await daemon.done(["images"]), /evil +2/);
    await daemon.done(["rmi", "evil:2"]);
    await authorize(daemon, "gate");
    const { status, text } = await tag();
    assert.is(status, 403);
    assert.match(text, /\[cofferdam\.body-hidden\]/);
    assert.not.match(await daemon.done(["images"]), /evil/);
    // Without the form it goes by the query.
    await daemon.done(["tag", IMAGE, "made:1"]);
    await daemon.done(["rmi", "made:1"]);
  },
);

real("an answer that holds a secret variable is not given", async ({ daemon }) => {
  const create = ["create", "-e", "API_TOKEN=t0k3n", IMAGE, "/bin/true"];
  const id = await daemon.done(create);
  const { code, stdout, stderr } = await daemon.docker(["inspect", id]);
  assert.is(code, 1);
  assert.not.match(stdout, /t0k3n/);
  assert.match(stderr, /\[secret-variable\]/);
  await daemon.done(["rm", id]);
});

real("no archive of images is given where variables are secret", async ({ daemon }) => {
  const saved = daemon.path("refused.tar");
  await daemon.fails(["save", "-o", saved, IMAGE], 1, /\[secret-variable\]/);
  assert.not.ok(existsSync(saved));
  const { status, text } = await daemon.ask("GET", "/v1.41/images/busybox/get");
  assert.is(status, 403);
  assert.match(text, /\[secret-variable\]/);
});

real("a guest that traps refuses every call", async ({ daemon }) => {
  const kinds = ["docker.request"];
  const file = daemon.path("broken.wasm");
  await writeFile(
    file,
    bundleOf(
      `(module (memory (export "memory") 1) (func (export "admission_check") (result i32) unreachable))`,
      { name: "broken", implements: [{ contract: "admission", version: 1, kinds }] },
    ),
  );
  await daemon.bridge({ name: "broken", args: ["--plugin", file] });
  await authorize(daemon, "gate", "broken");
  await daemon.fails(["ps"], 1, /plugin broken failed with error: AuthZPlugin\.AuthZReq: .*trap/);
  // Both have to allow it, and the first one says no first.
  await daemon.fails(
    run("--privileged", IMAGE, "/bin/true"),
    125,
    /denied by plugin gate: Privileged/,
  );
  await authorize(daemon, "gate");
  await daemon.done(["ps"]);
});

real(
  "a plugin that is gone refuses every call, and its successor allows again",
  async (context) => {
    const { daemon, gate } = context;
    await gate.kill();
    const { status, text } = await daemon.ask("GET", "/v1.41/containers/json");
    assert.ok(status >= 400, text);
    assert.match(text, /plugin gate failed with error/);
    await gate.restart();
    await daemon.done(["ps"]);
  },
);

real(
  "a daemon whose authorization plugin is not there does not start (moby 33)",
  async ({ daemon }) => {
    await daemon.down();
    await daemon.configure({ "authorization-plugins": ["nosuch"] });
    const error = await daemon.up().then(() => "it started", ({ message }: Error) => message);
    assert.match(error, /failed to validate authorization plugin: plugin "nosuch" not found/);
    await daemon.configure({ "authorization-plugins": ["gate"] });
    await daemon.up();
    await daemon.fails(run("--privileged", IMAGE, "/bin/true"), 125, /\[privileged\]/);
  },
);

real(
  "a user is who the certificate says, and may do what the policy gives that name",
  async (context) => {
    const { daemon } = context;
    const file = await tlsFiles(daemon);
    await daemon.down();
    await daemon.up(
      ...["-H", "tcp://127.0.0.1:2376", "--tlsverify", "--tlscacert", file("ca.pem")],
      ...["--tlscert", file("server.pem"), "--tlskey", file("server.key")],
    );
    const privileged = ["create", "--privileged", IMAGE, "/bin/true"];
    await daemon.fails(privileged, 1, /\[privileged\]/);
    const id = await daemon.inside(DOCKER_CLIS[0]!.path, [
      ...["-H", "tcp://localhost:2376", "--tlsverify", "--tlscacert", file("ca.pem")],
      ...["--tlscert", file("client.pem"), "--tlskey", file("client.key"), ...privileged],
    ]);
    await daemon.done(["rm", id.trim()]);
  },
);

test.run();
