import { spawn } from "node:child_process";
import { copyFile, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { builtPlugin } from "../../../scripts/build-plugins.ts";
import { runCommand } from "../../../scripts/run-command.ts";
import { CLI } from "../../support/cli.ts";
import { makeFolder, type TestFolder } from "../../support/folder.ts";
import { leaveOut } from "../../support/optional.ts";
import { suite } from "../../support/suite.ts";
import { buildTools, tool } from "./tools.ts";

interface Context {
  folder: TestFolder;
  /** Instance IDs of the two packages. */
  good: string;
  bad: string;
  policy: string;
}

const test = suite<Context>("the cipd client with the bridge as its admission plugin");

const SERVICE = "https://example.com";

const missing = await buildTools();
if (missing !== undefined) leaveOut("the cipd client with the bridge", missing);

/** Builds a package of one file and puts it into the client's cache. @returns its instance ID */
async function makePackage({ path }: TestFolder, name: string): Promise<string> {
  const [source, file, json] = ["source", "package.cipd", "package.json"].map((one) =>
    join(path, one)
  );
  const args = ["pkg-build", "-in", source!, "-name", name, "-out", file!, "-json-output", json!];
  const { code, output } = await runCommand(tool("cipd"), args);
  if (code !== 0) throw new Error(output);
  const { result } = JSON.parse(await readFile(json!, "utf8"));
  await copyFile(file!, join(path, "cache", "instances", result.instance_id));
  return result.instance_id;
}

/** What the client did. */
interface Ensured {
  readonly code: number | null;
  readonly output: string;
  readonly json: { readonly error?: string; readonly error_code?: string };
  /** The file that both packages hold, where it was installed. */
  readonly installed: string | undefined;
}

let roots = 0;

/** `cipd ensure` of one line, in a root of its own. */
async function ensure(
  { folder }: Context,
  line: string,
  plugin: readonly string[],
  env: Record<string, string> = { CIPD_DISABLE_NETWORK: "1" },
): Promise<Ensured> {
  const [root, file, json] = ["root", "ensure", "json"].map((one) =>
    join(folder.path, `${one}${roots}`)
  ) as [string, string, string];
  await folder.write({ [`ensure${roots++}`]: `${line}\n` });
  const args = ["ensure", "-root", root, "-ensure-file", file, "-json-output", json];
  const { code, output } = await runCommand(tool("cipd"), args, {
    env: {
      CIPD_CONFIG_FILE: "-",
      CIPD_CACHE_DIR: join(folder.path, "cache"),
      CIPD_SERVICE_URL: SERVICE,
      CIPD_ADMISSION_PLUGIN: plugin.length === 0 ? "" : JSON.stringify(plugin),
      FORCE_COLOR: "0",
      ...env,
    },
    timeoutMs: 60_000,
  });
  const installed = await readFile(join(root, "hello.txt"), "utf8").catch(() => undefined);
  return { code, output, json: JSON.parse(await readFile(json, "utf8")), installed };
}

const bridge = ({ policy, folder }: Context, settings: string): string[] => [
  ...[CLI[0], ...CLI[1], "cipd", "serve", "--plugin", policy],
  ...["--settings", join(folder.path, settings), "--allow-metadata"],
];

test.before(async (context) => {
  if (missing !== undefined) return;
  context.folder = await makeFolder();
  context.policy = builtPlugin("cipd-policy");
  await context.folder.write({
    "source/hello.txt": "hello",
    "policy.yaml": `services: [${SERVICE}]\npackages: [{ prefix: good }]\n`,
    "metadata.yaml": `services: [${SERVICE}]
packages: [{ prefix: "*", metadata: [{ key: built-by, values: [ci], attachedBy: ["user:*@example.com"] }] }]
`,
  });
  await mkdir(join(context.folder.path, "cache", "instances"), { recursive: true });
  context.good = await makePackage(context.folder, "good/pkg");
  context.bad = await makePackage(context.folder, "bad/pkg");
});

test.after(({ folder }) => folder?.remove());

/** A test that needs the programs. */
function real(name: string, run: (context: Context) => Promise<void>): void {
  if (missing === undefined) test(name, run);
}

real(
  "without a plugin both packages are installed: it is the plugin that refuses",
  async (context) => {
    const { code, installed } = await ensure(context, `bad/pkg ${context.bad}`, []);
    assert.is(code, 0);
    assert.is(installed, "hello");
  },
);

real("what the policy allows is installed", async (context) => {
  const command = bridge(context, "policy.yaml");
  const { code, output, installed } = await ensure(context, `good/pkg ${context.good}`, command);
  assert.is(code, 0, output);
  assert.is(installed, "hello");
});

real("what the policy denies is not admitted, in the policy's words", async (context) => {
  const command = bridge(context, "policy.yaml");
  const { code, output, json, installed } = await ensure(
    context,
    `bad/pkg ${context.bad}`,
    command,
  );
  assert.is(code, 1);
  assert.match(
    output,
    /failed to install bad\/pkg: not admitted: .*"bad\/pkg".*\[package-allowed\]/,
  );
  assert.is(json.error_code, "not_admitted_error");
  assert.is(installed, undefined);
});

real("a plugin that could not tell blocks, and is no denial", async (context) => {
  const command = [...bridge(context, "policy.yaml"), "--fuel", "1000"];
  const { code, output, json, installed } = await ensure(
    context,
    `good/pkg ${context.good}`,
    command,
  );
  assert.is(code, 1);
  assert.match(output, /admission check failed unexpectedly: .*\[sandbox\.fuel\]/);
  assert.not.match(output, "not admitted");
  assert.is(json.error_code, "unknown_error");
  assert.is(installed, undefined);
});

real("metadata that cannot be asked for is a denial", async (context) => {
  const command = bridge(context, "metadata.yaml");
  const { code, output, installed } = await ensure(context, `good/pkg ${context.good}`, command);
  assert.is(code, 1);
  assert.match(output, /not admitted: .*\[metadata-available\]/);
  assert.is(installed, undefined);
});

/** A repository behind a proxy's socket, as the client knows it. */
async function withRepository(
  { folder }: Context,
  entries: readonly string[],
  use: (env: Record<string, string>) => Promise<void>,
): Promise<void> {
  const socket = join(folder.path, `proxy${roots}`);
  const child = spawn(tool("repository"), [`unix:${socket}`, ...entries]);
  const ended = new Promise((resolve) => child.on("close", resolve));
  try {
    await new Promise((resolve) => child.stdout.once("data", resolve));
    await use({ CIPD_PROXY_URL: `unix://${socket}` });
  } finally {
    child.stdin.end();
    await ended;
  }
}

real("metadata that the service has decides", async (context) => {
  const command = bridge(context, "metadata.yaml");
  const line = `good/pkg ${context.good}`;
  await withRepository(context, ["other=x", "built-by=someone", "built-by=ci"], async (env) => {
    const { code, output, installed } = await ensure(context, line, command, env);
    assert.is(code, 0, output);
    assert.is(installed, "hello");
  });
  await withRepository(context, ["other=x", "built-by=someone"], async (env) => {
    const { code, output, installed } = await ensure(context, line, command, env);
    assert.is(code, 1);
    assert.match(output, /not admitted: .*"built-by".*\[metadata-required\]/);
    assert.is(installed, undefined);
  });
});

test.run();
