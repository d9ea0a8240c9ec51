/** The README's examples, run as they stand there, from source on Deno and from the build on Node. */
import * as assert from "uvu/assert";
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import process from "node:process";
import { createHost } from "../../src/host/host.ts";
import type { JsonObject } from "../../src/json.ts";
import { CLI, plainEnvironment } from "../support/cli.ts";
import { jsonDocument } from "../support/document.ts";
import { projectPath } from "../support/paths.ts";
import { suite } from "../support/suite.ts";
import { buildSource } from "../support/typescript-plugin.ts";

const test = suite("README");

const README = readFileSync(projectPath("README.md"), "utf8");
const exampleOf = (name: string): string | undefined =>
  new RegExp(`<!-- example: ${name} -->\\s*\`\`\`ts\\n([\\s\\S]*?)\`\`\``).exec(README)?.[1];
const EXAMPLE = exampleOf("library");
const onDeno = "Deno" in globalThis;

test("the library example runs and says what may pass and what may not", () => {
  assert.is.not(EXAMPLE, undefined);
  const module = onDeno ? projectPath("src", "mod.ts") : projectPath("build", "src", "mod.js");
  const code = EXAMPLE!.replace('from "cofferdam"', `from "${pathToFileURL(module)}"`);
  // The example is plain JavaScript: TypeScript infers all of its types.
  const file = projectPath("build", `readme-example-${onDeno ? "deno" : "node"}.mjs`);
  writeFileSync(file, code);
  try {
    const args = onDeno
      ? ["run", "--quiet", "--allow-read", "--allow-env", "--allow-sys", file]
      : [file];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: projectPath(),
      env: plainEnvironment(),
      encoding: "utf8",
    });
    assert.is(status, 0, stderr);
    assert.is(stderr, "");
    assert.match(stdout, "StatefulSet/shop/postgres may pass");
    assert.match(stdout, "DaemonSet/monitoring/node-exporter may not pass");
    assert.match(stdout, /samples\/k8s\/node-exporter-daemonset\.yaml:\d+ image/);
  } finally {
    rmSync(file);
  }
});

test("the policy example has right types, allows an object with an owner and denies another", async () => {
  const { bytes } = await buildSource(exampleOf("policy")!, { checkTypes: true });
  await using host = await createHost();
  const plugin = await host.load(bytes);
  const check = async (labels: JsonObject) =>
    (await plugin.admission.check(jsonDocument({ metadata: { labels } }))).reasons;
  assert.equal(await check({ owner: "me" }), []);
  assert.equal((await check({})).map(({ rule }) => rule), ["has-owner"]);
});

test("every verb that the README names is in the command's help", () => {
  const help = spawnSync(CLI[0], [...CLI[1], "--help"], { encoding: "utf8" }).stdout;
  const verbs = new Set(
    [...README.matchAll(/(?:`|^|\| )cofferdam ([a-z]+)\b/gm)].map((match) => match[1]!),
  );
  for (const verb of verbs) assert.match(help, new RegExp(`^  ${verb} `, "m"));
});

test.run();
