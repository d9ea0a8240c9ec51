import { pluginsOf } from "../docker/handler.ts";
import { serveDocker } from "../docker/serve.ts";
import { SOCKET_DIR } from "../docker/socket.ts";
import { SPEC_DIR } from "../docker/spec-writer.ts";
import type { TcpOptions } from "../docker/tcp.ts";
import { loadAnyPlugins } from "./check-plugins.ts";
import { type ParsedFlags, usage } from "./flags.ts";
import { PLUGIN_FLAGS, pluginArguments } from "./plugin-flags.ts";
import { logPluginLine } from "./plugin-log.ts";
import { openRecordFiles, RECORD_FLAGS } from "./record-files.ts";
import { readTrust } from "./trust.ts";
import type { Verb } from "./verb.ts";

/** `cofferdam docker serve`: a plugin of a Docker daemon. */
export const dockerServe: Verb = {
  name: "docker serve",
  summary: "Serve a Docker daemon: volumes, networks, addresses, authorization",
  usage: "--plugin P.wasm [--name N] [--settings S] [--allow-…]",
  denoPermissions: "--allow-read --allow-write --allow-env --allow-sys=cpus --allow-net (and " +
    'what "check" needs for the grants that they share)',
  isServer: true,
  flags: [
    { name: "name", value: "NAME", help: "what Docker calls it by (the first plugin's own name)" },
    { name: "socket-dir", value: "FOLDER", help: `where its socket is made (${SOCKET_DIR})` },
    { name: "tcp", value: "HOST:PORT", help: "listen there, not on a socket" },
    { name: "tls-cert", value: "FILE", help: "with --tcp: the certificate that it shows (PEM)" },
    { name: "tls-key", value: "FILE", help: "and its key" },
    { name: "tls-ca", value: "FILE", help: "what signs Docker's certificate, and its own" },
    { name: "docker-cert", value: "FILE", help: "the certificate that Docker shows, for its file" },
    { name: "docker-key", value: "FILE", help: "and its key" },
    { name: "spec-dir", value: "FOLDER", help: `where Docker is told of the port (${SPEC_DIR})` },
    { name: "no-spec", help: "tell nobody of the port, as where Docker is on another host" },
    ...PLUGIN_FLAGS,
    { name: "config", value: "FILE", help: "the configuration; or COFFERDAM_CONFIG" },
    ...RECORD_FLAGS,
  ],
  notes:
    `Docker is told what the plugins implement: volume, netdriver, ipam, and admission of the kinds
docker.request and docker.response (as the plugin "authz"; all of those must allow).
  cofferdam docker serve --plugin local-volume.wasm --name vol …
  docker volume create -d vol data
Docker finds it by the socket NAME.sock, which only its own user can connect to, or by NAME.json, which
names the port and what both sides show each other; without TLS by NAME.spec, and then every process of
this host can call the plugin. What a process left behind is replaced, what another one serves is
refused. Plugins' log lines go to standard error. At SIGTERM, what runs comes to its end, for ten
seconds, and what Docker found it by is removed. A configuration that others can write is refused.`,
  run: async ({ flags, log, signal }) => {
    const plugins = pluginArguments(flags.given);
    if (plugins.length === 0) throw usage('"--plugin" is missing: docker serve --plugin P.wasm');
    if (flags.positionals.length > 0) throw usage(`"${flags.positionals[0]}" is not wanted here`);
    const tcp = readTcp(flags);
    const trust = await readTrust(flags.one("config"), "always");
    const files = await openRecordFiles(flags);
    try {
      const { createHost } = await import("../host/host.ts");
      await using host = await createHost({
        ...files.options,
        onWarning: (message) => log("warn", message),
        onLog: (line) => logPluginLine(log, line),
      });
      // In threads of their own: a guest that loops must not hold up the others, nor a signal.
      const loaded = await loadAnyPlugins(host, plugins, trust, { mode: "worker" });
      const name = flags.one("name") ?? loaded[0]!.manifest.name;
      const socketDir = flags.one("socket-dir");
      await using server = await serveDocker({ ...pluginsOf(loaded), name, socketDir, tcp });
      log("info", `${name} listens on ${server.address} as ${server.implements.join(", ")}`);
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
      return 0;
    } finally {
      files.close();
    }
  },
};

/** Flags that mean nothing without `--tcp`. */
const TCP_FLAGS = [
  ...["tls-cert", "tls-key", "tls-ca", "docker-cert", "docker-key", "spec-dir", "no-spec"],
] as const;

/** @throws {PluginError} `usage.invalid` */
function readTcp(flags: ParsedFlags): TcpOptions | undefined {
  const written = flags.one("tcp");
  if (written === undefined) {
    const lost = TCP_FLAGS.find((name) => flags.has(name));
    if (lost !== undefined) throw usage(`"--${lost}" stands without "--tcp"`);
    return undefined;
  }
  if (flags.has("socket-dir")) throw usage('"--socket-dir" stands beside "--tcp"');
  const [, ipv6, other, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(written) ??
    [];
  if (port === undefined || Number(port) === 0 || Number(port) > 65_535) {
    throw usage(`"--tcp ${written}" is no host and port: 127.0.0.1:8443`);
  }
  if (flags.has("no-spec") && flags.has("spec-dir")) {
    throw usage('"--spec-dir" stands beside "--no-spec"');
  }
  const [certFile, keyFile, caFile] = together(flags, ["tls-cert", "tls-key", "tls-ca"]);
  const [dockerCert, dockerKey] = together(flags, ["docker-cert", "docker-key"]);
  if (dockerCert !== undefined && certFile === undefined) {
    throw usage('"--docker-cert" stands without "--tls-cert"');
  }
  return {
    host: (ipv6 ?? other)!,
    port: Number(port),
    specDir: flags.has("no-spec") ? null : flags.one("spec-dir"),
    tls: certFile === undefined ? undefined : {
      certFile,
      keyFile: keyFile!,
      caFile: caFile!,
      client: dockerCert === undefined ? undefined : { certFile: dockerCert, keyFile: dockerKey! },
    },
  };
}

/** The values of flags of which each needs the others. */
function together(flags: ParsedFlags, names: readonly string[]): (string | undefined)[] {
  const values = names.map((name) => flags.one(name));
  const missing = names.find((_, index) => values[index] === undefined);
  if (missing === undefined || values.every((value) => value === undefined)) return values;
  const given = names.find((_, index) => values[index] !== undefined);
  throw usage(`"--${given}" stands without "--${missing}"`);
}
