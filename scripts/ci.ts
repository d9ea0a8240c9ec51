/**
 * What `.ci/run` does after `npm ci`: the README's test command, the other parts of `ok`, the tests on
 * a newer Node, the same verdicts on every runtime, the package as it would be published. Ends with one
 * line, `N passed, N failed`, that counts tests and steps alike.
 */
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { builtPlugin, PLUGINS } from "./build-plugins.ts";
import { COMMAND, denoPath, PROJECT } from "./project.ts";
import { type CommandOptions, runCommand } from "./run-command.ts";

/** The newer Node that the tests run on as well. */
const NEWER_NODE = 24;

let passed = 0;
let failed = 0;
let skipped = 0;

/** Runs a command in the project's folder and shows it; throws when it fails. */
async function run(program: string, args: string[], options: CommandOptions = {}): Promise<string> {
  const { code, output } = await runCommand(program, args, {
    cwd: PROJECT,
    show: true,
    ...options,
  });
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}`);
  return output;
}

/** What the samples in other languages are compiled with; Go is on the machine or the step fails. */
async function installCompilers(): Promise<void> {
  const found = await runCommand("sh", ["-c", "command -v clang && command -v wasm-ld"]);
  if (found.code !== 0) {
    await run("apt-get", ["update", "-qq"]);
    await run("apt-get", ["install", "-y", "-qq", "clang", "lld"]);
  }
  const built = await run(process.execPath, [
    join("build", "scripts", "build-foreign-plugins.js"),
  ]);
  if (/^(Took|Left out)/m.test(built)) throw new Error("a compiler is missing or another one");
}

/**
 * What `test/real/docker` and `test/real/cni` need beside Go: daemons and runtimes, none of which
 * runs as a service here, and tools.
 */
async function installDaemons(): Promise<void> {
  const programs =
    "dockerd docker podman containerd ctr runc busybox ip iptables unshare nsenter cc";
  const find = `test -x /usr/lib/cni/bridge || exit 1
for one in ${programs}; do command -v $one || exit 1; done`;
  const lacks = async () => (await runCommand("sh", ["-c", find])).code !== 0;
  const install = (...packages: string[]) =>
    run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages]);
  if (!await lacks()) return;
  await run("apt-get", ["update", "-qq"]);
  await install("docker.io", "podman", "containerd", "runc", "containernetworking-plugins");
  await install("busybox-static", "iptables", "iproute2", "util-linux", "gcc", "libc6-dev");
  // Newer distributions have the command in a package of its own.
  if (await lacks()) await install("docker-cli");
  if (await lacks()) throw new Error(`not all of these are there: ${programs}`);
}

/** One step: passes unless it throws. */
async function step(name: string, action: () => Promise<unknown>): Promise<void> {
  console.log(`\n==== ${name}`);
  const started = performance.now();
  try {
    await action();
    passed++;
    console.log(`---- ${name}: passed in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  } catch (error) {
    failed++;
    console.log(`---- ${name}: FAILED: ${error instanceof Error ? error.message : error}`);
  }
}

/** A command that ends with `N passed, N failed`: its counts are added to ours. */
async function tests(name: string, program: string, args: string[], env = {}): Promise<void> {
  console.log(`\n==== ${name}`);
  const { code, output } = await runCommand(program, args, { cwd: PROJECT, show: true, env });
  const counts = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/m.exec(
    output.trimEnd().split("\n").at(-1)!,
  );
  // A user's machine may lack a compiler or a tool; this one must not.
  const leftOut = output.match(/^(?:left out|skipped): .*$/gm) ?? [];
  for (const line of leftOut) console.log(`---- ${name}: FAILED: ${line}`);
  failed += leftOut.length;
  passed += Number(counts?.[1] ?? 0);
  failed += Number(counts?.[2] ?? 0);
  skipped += Number(counts?.[3] ?? 0);
  const uncounted = counts === null || (code !== 0 && counts[2] === "0");
  if (uncounted) {
    failed++;
    console.log(`---- ${name}: FAILED: ended with ${code} and no count of its own`);
  }
}

/** Installs a Node from the registry, like everything else, and gives its path. */
async function installNode(major: number): Promise<string> {
  const name = `node-${process.platform}-${process.arch}`;
  const folder = join(PROJECT, ".work", `node-${major}`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), '{"private":true}\n');
  await run("npm", ["install", "--no-save", "--prefix", folder, `${name}@${major}`]);
  return join(folder, "node_modules", name, "bin", "node");
}

/** The JSON report about all samples, and the recorded calls with their fuel, on one runtime. */
async function reportOn(program: string, args: string[]): Promise<string> {
  const report = join(PROJECT, ".work", "report.json");
  const record = join(PROJECT, ".work", "record.jsonl");
  await rm(record, { force: true });
  const { code, output } = await runCommand(program, [
    ...args,
    ..."check --plugin build/wasm-plugins/image-policy.wasm".split(" "),
    ..."--settings wasm-plugins/image-policy/samples-settings.yaml".split(" "),
    ..."--format json --now 2026-01-01T00:00:00Z --quiet".split(" "),
    ...["--output", report, "--record", record],
    "wasm-plugins/image-policy/samples",
  ], { cwd: PROJECT });
  if (code !== 1) throw new Error(`wanted exit code 1 on ${program}, got ${code}: ${output}`);
  const calls = (await readFile(record, "utf8")).split("\n").sort().join("\n");
  return `${await readFile(report, "utf8")}\n${calls}`;
}

/** V8's compilers, each by itself. */
const TIERS = ["--liftoff-only", "--no-liftoff"];

async function compareReports(newer: string): Promise<void> {
  const source = join("src", "cli", "main.ts");
  const nodes = [process.execPath, newer].flatMap((node) =>
    [[], ...TIERS.map((tier) => [tier])].map((flags) => [node, [...flags, COMMAND]] as const)
  );
  const denos = ["", ...TIERS].map((tier) =>
    [denoPath(), ["run", "-A", ...(tier ? [`--v8-flags=${tier}`] : []), source]] as const
  );
  const reports = new Set<string>();
  for (const [program, args] of [...nodes, ...denos]) {
    reports.add(await reportOn(program, [...args]));
  }
  if (reports.size !== 1) throw new Error("reports or recorded calls differ between runtimes");
  console.log(`${[...reports][0]!.length} bytes with all fuel, the same on 3 runtimes and 3 tiers`);
}

async function comparePlugins(): Promise<void> {
  const hashes = () =>
    Promise.all(PLUGINS.map(async (name) => {
      const hash = createHash("sha256").update(await readFile(builtPlugin(name))).digest("hex");
      return `${name}.wasm sha256:${hash}`;
    }));
  const onNode = await hashes();
  await run(denoPath(), ["task", "--quiet", "build"]);
  const onDeno = await hashes();
  if (onNode.join() !== onDeno.join()) throw new Error(`plugins differ: ${onNode} and ${onDeno}`);
  console.log(`The same from Node and from Deno: ${onNode.join(", ")}`);
}

/** Installs the packed package into an empty folder and uses it there as a user would. */
async function tryPackage(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "cofferdam-package-"));
  try {
    const packed = await run("npm", ["pack", "--silent", "--pack-destination", folder]);
    const tarball = join(folder, packed.trim().split("\n").at(-1)!);
    const here = { cwd: folder };
    await writeFile(join(folder, "package.json"), '{"private":true,"type":"module"}\n');
    await run("npm", ["install", tarball], here);
    await writeFile(join(folder, "Dockerfile"), 'FROM alpine:3.20\nCMD ["true"]\n');
    await writeFile(join(folder, "bad.Dockerfile"), "FROM alpine:latest\n");
    const plugin = "node_modules/cofferdam/build/wasm-plugins/image-policy.wasm";
    const bin = join(folder, "node_modules", ".bin", "cofferdam");
    await run(bin, ["check", "--plugin", plugin, "Dockerfile"], here);
    const denied = await runCommand(bin, ["check", "--plugin", plugin, "bad.Dockerfile"], here);
    if (denied.code !== 1) {
      throw new Error(`wanted exit code 1, got ${denied.code}: ${denied.output}`);
    }
    await writeFile(
      join(folder, "use.js"),
      `import { createHost, readDocuments } from "cofferdam";
import schema from "cofferdam/schema/admission-verdict.schema.json" with { type: "json" };
const host = await createHost();
const policy = await host.load(${JSON.stringify(plugin)});
for await (const document of readDocuments("bad.Dockerfile")) {
  const { allowed, reasons } = await policy.admission.check(document);
  console.log(allowed, reasons.length > 0, schema.title);
}
await host.close();
`,
    );
    const output = await run(process.execPath, ["use.js"], here);
    if (!output.includes("false true Cofferdam")) throw new Error(`unexpected: ${output}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const node = process.execPath;
await step("the samples in C and Go", installCompilers);
await step("daemons and runtimes of containers", installDaemons);
await tests("npm test", "npm", ["test"]);
await tests("npm run test:real", "npm", ["run", "test:real", "--silent"]);
await tests("checks of npm run ok", node, [join("build", "scripts", "ok.js")]);
let newer: string | undefined;
await step(`install Node ${NEWER_NODE}`, async () => newer = await installNode(NEWER_NODE));
if (newer !== undefined) {
  const args = [join("build", "scripts", "test.js"), "node"];
  await tests(`tests on Node ${NEWER_NODE}`, node, args, { COFFERDAM_NODE: newer });
  await tests("npm run test:wasm", "npm", ["run", "test:wasm", "--silent"]);
  await step("same bytes and fuel on every runtime", () => compareReports(newer!));
}
await step("same plugins from Node and Deno", comparePlugins);
await step("npm start", () => run("npm", ["start"]));
await step(
  "deno publish --dry-run",
  () => run(denoPath(), ["publish", "--dry-run", "--allow-dirty", "--quiet"]),
);
await step("the packed package in an empty folder", tryPackage);

console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
