import process from "node:process";
import * as assert from "uvu/assert";
import { Args, ARGS_FROM_ENV, DelegateArgs, pluginArgsTextOf } from "../../src/cni/args.ts";
import { faultOf } from "../support/fault.ts";
import { suite } from "../support/suite.ts";

const test = suite("cni/args");

/** Runs `action` while this process has these variables. */
function withEnvironment(variables: Record<string, string>, action: () => void): void {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  try {
    action();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

const LATENT = { CNI_COMMAND: "NOPE", CNI_NETNS: "/latent", CNI_ARGS: "L=1", CNI_EXTRA: "kept" };

test("asEnv() puts its variables over latent ones, each once (cni 1)", () => {
  withEnvironment(LATENT, () => {
    const env = new Args({
      command: "ADD",
      containerId: "c1",
      ifname: "eth0",
      path: "/a:/b",
      pluginArgs: [["KEY1", "VAL1"], ["KEY2", "a=b"], ["KEY3", ""]],
    }).asEnv();
    const own = Object.fromEntries(Object.entries(env).filter(([name]) => /^CNI_/.test(name)));
    assert.equal(own, {
      CNI_COMMAND: "ADD",
      CNI_CONTAINERID: "c1",
      CNI_NETNS: "",
      CNI_ARGS: "KEY1=VAL1;KEY2=a=b;KEY3=",
      CNI_IFNAME: "eth0",
      CNI_PATH: "/a:/b",
      CNI_EXTRA: "kept",
    });
    assert.is(env["PATH"], process.env["PATH"]);
    assert.is(process.env["CNI_COMMAND"], "NOPE");
  });
});

test("asEnv() prefers the text of the arguments (cni 1)", () => {
  const pluginArgs = [["K", "V"]] as const;
  const textOf = (pluginArgsText: string) =>
    new Args({ command: "ADD", pluginArgs, pluginArgsText }).asEnv()["CNI_ARGS"];
  assert.is(textOf("A=1;B=2"), "A=1;B=2");
  assert.is(textOf(""), "K=V");
});

test("asEnv() starts from the environment that it is given", () => {
  const env = new Args({ command: "DEL" }, { PATH: "/bin", CNI_IFNAME: "latent" }).asEnv();
  assert.equal(Object.keys(env).sort(), [
    ...["CNI_ARGS", "CNI_COMMAND", "CNI_CONTAINERID", "CNI_IFNAME", "CNI_NETNS", "CNI_PATH"],
    "PATH",
  ]);
  assert.is(env["CNI_IFNAME"], "");
});

test("DelegateArgs changes the command alone, and this process's environment not at all (cni 2)", () => {
  withEnvironment(LATENT, () => {
    const before = { ...process.env };
    assert.equal(new DelegateArgs("ADD").asEnv(), { ...before, CNI_COMMAND: "ADD" });
    assert.equal({ ...process.env }, before);
  });
});

test("ARGS_FROM_ENV inherits (cni 3)", () => {
  assert.is(ARGS_FROM_ENV.asEnv(), undefined);
});

test("pluginArgsTextOf() refuses what would be read as other pairs", () => {
  for (const pair of [["", "v"], ["a=b", "v"], ["a;b", "v"], ["k", "v;EVIL=1"], ["k", "\0"]]) {
    const fault = faultOf(() => pluginArgsTextOf([pair as [string, string]]));
    assert.is(fault.code, "cni.attachment-invalid");
  }
  assert.is(pluginArgsTextOf([]), "");
});

test.run();
