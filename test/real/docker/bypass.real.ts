import { writeFile } from "node:fs/promises";
import { connect } from "node:net";
import * as assert from "uvu/assert";
import { builtPlugin } from "../../../scripts/build-plugins.ts";
import { leaveOut } from "../../support/optional.ts";
import { suite } from "../../support/suite.ts";
import { Daemon, IMAGE } from "./daemon.ts";
import { missingDocker } from "./missing.ts";

/**
 * Calls that ask for what the policy forbids in ways that a policy may not see. They go to the daemon's own
 * socket as they stand here. Without the plugin, the daemon does what they ask, which shows that they mean
 * something; with it, the daemon itself says no, and nothing comes of them.
 */

const TITLE = "calls that try to get past an authorization plugin";
const test = suite<{ daemon: Daemon }>(TITLE, 180_000);

const missing = await missingDocker();
if (missing !== undefined) leaveOut(TITLE, missing);

const real: typeof test = ((name: string, run: (context: { daemon: Daemon }) => Promise<void>) => {
  if (missing === undefined) test(name, run);
}) as typeof test;

/** One call. */
interface Attempt {
  readonly what: string;
  /** All that is sent. */
  readonly text: string;
  /** Who says no, and why: the policy or the bridge. */
  readonly rule: RegExp;
  /** Also without the plugin, nothing comes of it; or only with an old daemon. */
  readonly isVain?: true | "later";
}

const JSON_TYPE = "Content-Type: application/json";
const FORM_TYPE = "Content-Type: application/x-www-form-urlencoded";

/** A request, with its length, and `headers` before that. */
function post(path: string, body: string, headers: readonly string[] = [JSON_TYPE]): string {
  return head(path, [...headers, `Content-Length: ${Buffer.byteLength(body)}`]) + body;
}

function head(path: string, headers: readonly string[], method = "POST"): string {
  const lines = [`${method} ${path} HTTP/1.1`, "Host: docker", "Connection: close", ...headers];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** As chunks of these texts. */
function chunked(path: string, parts: readonly string[], headers: readonly string[] = [JSON_TYPE]) {
  const chunks = [...parts, ""].map((part) =>
    `${Buffer.byteLength(part).toString(16)};x=y\r\n${part}\r\n`
  );
  return head(path, [...headers, "Transfer-Encoding: chunked"]) + chunks.join("");
}

const CREATE = "/v1.41/containers/create?name=evil";
const CMD = `"Image":"${IMAGE}","Cmd":["/bin/true"]`;
const PRIVILEGED = `{${CMD},"HostConfig":{"Privileged":true}}`;
const VOLUME = "/v1.41/volumes/create";
const NETWORK = "/v1.41/networks/create";
const TAG = "/v1.41/images/busybox/tag";
const PAD = "x".repeat(1024 * 1024);

/** A network that is only a configuration, by which another one is on a bridge of the host. */
function configuration(name: string): string {
  const options = '{"com.docker.network.bridge.name":"br-lan"}';
  return post(
    NETWORK,
    `{"Name":"${name}","Driver":"macvlan","ConfigOnly":true,"Options":${options}}`,
  );
}

/** A network by such a configuration. */
function configured(from: string): string {
  return post(NETWORK, `{"Name":"evil","Driver":"bridge","ConfigFrom":{"Network":"${from}"}}`);
}

const HIDDEN = /\[cofferdam\.body-hidden\]/;
const UNREADABLE = /\[cofferdam\.call-unreadable\]/;
/** What is shown, and so who says no, differs between versions of Docker. */
const SEEN_OR_NOT = /\[(privileged|cofferdam\.body-hidden|cofferdam\.call-unreadable)\]/;
const DENIED = /\[privileged\]/;

const ATTEMPTS: readonly Attempt[] = [
  { what: "it is asked for plainly", text: post(CREATE, PRIVILEGED), rule: DENIED },
  // Two headers: Docker goes by the first, and shows by the last.
  {
    what: "a type of JSON, and one of text behind it",
    text: post(CREATE, PRIVILEGED, [JSON_TYPE, "Content-Type: text/plain"]),
    rule: SEEN_OR_NOT,
  },
  {
    what: "a type of a form, and one of JSON behind it",
    text: post(`${TAG}?repo=made&tag=1`, "repo=evil&tag=1", [FORM_TYPE, JSON_TYPE]),
    rule: SEEN_OR_NOT,
  },
  {
    what: "two types, spelled in two ways",
    text: post(CREATE, PRIVILEGED, [JSON_TYPE, "content-TYPE: text/plain"]),
    rule: SEEN_OR_NOT,
  },
  {
    what: "a type of JSON with a parameter, and none behind it",
    text: post(CREATE, PRIVILEGED, [`${JSON_TYPE}; charset=utf-8`, "Content-Type: "]),
    rule: SEEN_OR_NOT,
  },
  {
    what: "two lengths",
    text: post(CREATE, PRIVILEGED, [JSON_TYPE, "Content-Length: 2"]),
    rule: /400 Bad Request/,
    isVain: true,
  },
  // A form, whose fields count before the query's.
  {
    what: "a form beside the query",
    text: post(`${TAG}?repo=made&tag=1`, "repo=evil&tag=1", [FORM_TYPE]),
    rule: HIDDEN,
  },
  {
    what: "a form in chunks",
    text: chunked(`${TAG}?repo=made&tag=1`, ["repo=ev", "il&tag=1"], [FORM_TYPE]),
    rule: HIDDEN,
  },
  {
    what: "a form of several parts",
    text: post(
      `${TAG}?repo=made&tag=1`,
      '--b\r\nContent-Disposition: form-data; name="repo"\r\n\r\nevil\r\n--b--\r\n',
      ["Content-Type: multipart/form-data; boundary=b"],
    ),
    rule: HIDDEN,
    isVain: true,
  },
  {
    what: "a parameter twice",
    text: head(`${TAG}?repo=evil&repo=made&tag=1`, ["Content-Length: 0"]),
    rule: /\[parameter-known\]/,
  },
  // Keys, which Go reads in any case, the last where there are two, and objects together.
  {
    what: "keys in lower case",
    text: post(CREATE, PRIVILEGED.toLowerCase()),
    rule: DENIED,
  },
  {
    what: "a long s in a key",
    text: post(CREATE, PRIVILEGED.replace("HostConfig", "Ho\u017ftConfig")),
    rule: DENIED,
  },
  {
    what: "an escape in a key",
    text: post(CREATE, PRIVILEGED.replace("Privileged", "Privile\\u0067ed")),
    rule: DENIED,
  },
  {
    what: "a key twice, of which the last one is empty",
    text: post(CREATE, `{${CMD},"HostConfig":{"Privileged":true},"HostConfig":{}}`),
    rule: UNREADABLE,
  },
  {
    what: "a key twice, in two cases",
    text: post(CREATE, `{${CMD},"HostConfig":{},"hostconfig":{"Privileged":true}}`),
    rule: UNREADABLE,
  },
  {
    what: "a key twice within",
    text: post(CREATE, `{${CMD},"HostConfig":{"Privileged":false,"PRIVILEGED":true}}`),
    rule: UNREADABLE,
  },
  {
    what: "a volume of the host's root, in lower case",
    text: post(
      VOLUME,
      '{"name":"evil","driver":"local","driveropts":{"type":"none","o":"bind","device":"/"}}',
    ),
    rule: /\[host-mount\]/,
  },
  // Networks on a bridge of the host, whose name stands in a configuration that another network copies.
  {
    what: "a network that is only a configuration, for another driver",
    text: configuration("evil"),
    rule: /\[network-allowed\]/,
  },
  {
    what: "a network by a configuration that is there",
    text: configured("lan"),
    rule: /\[network-allowed\]/,
  },
  // Bodies that are not shown, or late.
  {
    what: "chunks",
    text: chunked(CREATE, [PRIVILEGED.slice(0, 9), PRIVILEGED.slice(9)]),
    rule: SEEN_OR_NOT,
  },
  {
    what: "chunks and a type that is not shown",
    text: chunked(CREATE, [PRIVILEGED], [JSON_TYPE, "Content-Type: text/plain"]),
    rule: SEEN_OR_NOT,
  },
  {
    what: "chunks and a length",
    text: chunked(CREATE, [PRIVILEGED], [JSON_TYPE, "Content-Length: 2"]),
    rule: SEEN_OR_NOT,
  },
  {
    what: "a megabyte",
    text: post(CREATE, PRIVILEGED.replace("{", `{"Labels":{"pad":"${PAD}"},`)),
    rule: HIDDEN,
  },
  {
    what: "a megabyte of white space before it",
    text: post(CREATE, " ".repeat(PAD.length) + PRIVILEGED),
    rule: HIDDEN,
  },
  {
    what: "a megabyte in chunks",
    text: chunked(CREATE, [PRIVILEGED.replace("{", `{"Labels":{"pad":"${PAD}"},`)]),
    rule: HIDDEN,
  },
  {
    what: "a second value behind the body",
    text: post(CREATE, `${PRIVILEGED}{${CMD}}`),
    rule: UNREADABLE,
    isVain: "later",
  },
  {
    what: "bytes that are no UTF-8",
    text: post(CREATE, PRIVILEGED.replace("true", "?")).replace("/?", "/\u00ff"),
    rule: UNREADABLE,
  },
  {
    what: "a body that is waited for",
    text: post(CREATE, PRIVILEGED, [JSON_TYPE, "Expect: 100-continue"]),
    rule: DENIED,
  },
  {
    what: "a change of protocols",
    text: post(CREATE, PRIVILEGED, [JSON_TYPE, "Connection: Upgrade", "Upgrade: tcp"]),
    rule: DENIED,
  },
  {
    what: "a second request behind one that is allowed",
    text: "GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n" + post(CREATE, PRIVILEGED),
    rule: DENIED,
  },
  // Ways to the same path.
  { what: "no version", text: post(CREATE.slice(6), PRIVILEGED), rule: DENIED },
  { what: "an old version", text: post(CREATE.replace("1.41", "1.24"), PRIVILEGED), rule: DENIED },
  {
    what: "an escape in the path",
    text: post(CREATE.replace("create", "%63reate"), PRIVILEGED),
    rule: DENIED,
  },
  {
    what: "an escaped version",
    text: post(CREATE.replace("v1.41", "v1%2e41"), PRIVILEGED),
    rule: DENIED,
  },
  {
    what: "an escaped slash",
    text: post(CREATE.replace("/create", "%2fcreate"), PRIVILEGED),
    rule: SEEN_OR_NOT,
  },
  {
    what: "a whole URL",
    text: post(`http://docker${CREATE}`, PRIVILEGED),
    rule: SEEN_OR_NOT,
  },
  ...[
    ["two slashes", CREATE.replace("/containers", "//containers")],
    ["two slashes at the beginning", `/${CREATE}`],
    ["a way back", CREATE.replace("/containers", "/images/../containers")],
    ["a way to itself", CREATE.replace("/containers", "/./containers")],
    ["a slash at the end", CREATE.replace("create", "create/")],
    ["an escaped question mark", CREATE.replace("?", "%3f")],
  ].map(([what, path]) => ({
    what: what!,
    text: post(path!, PRIVILEGED),
    rule: /^HTTP\/1\.1 (301|400|404)/,
    isVain: true as const,
  })),
  {
    what: "a method in lower case",
    text: post(CREATE, PRIVILEGED).replace("POST", "post"),
    rule: /^HTTP\/1\.1 404/,
    isVain: true,
  },
];

test.before(async (context) => {
  if (missing !== undefined) return;
  const daemon = context.daemon = await Daemon.start();
  await daemon.inside("ip", ["link", "add", "br-lan", "type", "bridge"]);
  await daemon.done(
    ["network", "create", "--config-only", "-o", "com.docker.network.bridge.name=br-lan", "lan"],
  );
});

test.after(async ({ daemon }) => await daemon?.stop());

/** What is sent before the daemon is given time to refuse what it does not read. */
const FIRST_BYTES = 4_096;
const REFUSAL_MS = 1_000;

/** What the daemon says to a call. Who is refused amidst a large body may lose that with the connection. */
async function send(daemon: Daemon, text: string): Promise<string> {
  for (let tries = 0; tries < 20; tries++) {
    const said = await sendOnce(daemon, text);
    if (said !== "") return said;
  }
  throw new Error("the daemon does not answer");
}

function sendOnce(daemon: Daemon, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ path: daemon.path("docker.sock") });
    const bytes = Buffer.from(text, text.includes("\u00ff") ? "latin1" : "utf8");
    let said = "";
    const sendRest = () => void (said === "" && socket.write(bytes.subarray(FIRST_BYTES)));
    const timer = bytes.length > FIRST_BYTES ? setTimeout(sendRest, REFUSAL_MS) : undefined;
    socket.setEncoding("utf8").on("data", (part: string) => said += part);
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(said);
    });
    socket.setTimeout(20_000, () => socket.destroy());
    socket.write(bytes.subarray(0, FIRST_BYTES));
  });
}

/** What is there by the name `evil`; it is removed. */
async function takeEvil(daemon: Daemon): Promise<string[]> {
  const lists = await Promise.all([
    daemon.done(["ps", "-a", "--format", "container {{.Names}}"]),
    daemon.done(["images", "--format", "image {{.Repository}}"]),
    daemon.docker(["rmi", "made:1"]).then(() => ""),
    daemon.done(["volume", "ls", "--format", "volume {{.Name}}"]),
    daemon.done(["network", "ls", "--format", "network {{.Name}}"]),
  ]);
  const found = lists.join("\n").split("\n").filter((line) => line.endsWith(" evil"));
  for (const kind of found.map((line) => line.split(" ")[0]!)) {
    await daemon.done(kind === "image" ? ["rmi", "evil:1"] : [kind, "rm", "evil"]);
  }
  return found;
}

real("without the plugin, the daemon does it", async ({ daemon }) => {
  for (const { what, text, isVain } of ATTEMPTS) {
    const said = await send(daemon, text);
    const found = await takeEvil(daemon);
    const isRefused = isVain === "later" && said.startsWith("HTTP/1.1 400 ");
    assert.is(found.length, isVain === true || isRefused ? 0 : 1, `${what}: ${said}`);
  }
});

real(
  "a configuration for any driver brings a container onto a bridge of the host",
  async ({ daemon }) => {
    assert.match(await send(daemon, configuration("any")), /201 Created/);
    assert.match(await send(daemon, configured("any")), /201 Created/);
    await daemon.done(["run", "-d", "--name", "inside", "--network", "evil", IMAGE, "sleep", "60"]);
    assert.match(await daemon.inside("ip", ["-o", "link", "show", "master", "br-lan"]), /veth/);
    await daemon.done(["rm", "-f", "inside"]);
    assert.equal(await takeEvil(daemon), ["network evil"]);
  },
);

real("the plugin is asked from here on", async ({ daemon }) => {
  const settings = daemon.path("gate.json");
  const images = ["docker.io/library/busybox:latest"];
  const madeImages = ["docker.io/library/made"];
  const networkDrivers = ["bridge", "macvlan"];
  await writeFile(settings, JSON.stringify({ images, madeImages, networkDrivers }));
  const args = ["--plugin", builtPlugin("docker-authz"), "--settings", settings];
  await daemon.bridge({ name: "gate", args });
  await daemon.configure({ "authorization-plugins": ["gate"] });
  await daemon.reload();
});

for (const { what, text, rule, isVain } of ATTEMPTS) {
  real(`${what}: denied, and nothing is done`, async ({ daemon }) => {
    const said = await send(daemon, text);
    assert.match(said, rule);
    if (isVain !== true) {
      assert.match(said, /403 Forbidden[^]*authorization denied by plugin gate: /);
    }
    assert.equal(await takeEvil(daemon), []);
  });
}

test.run();
