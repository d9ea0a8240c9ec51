import * as assert from "uvu/assert";
import { absolutePath, pathFrom, pathTo, userStateFolder } from "../../src/platform/path.ts";
import { suite } from "../support/suite.ts";

const test = suite("platform/path");

test("pathFrom() starts from the file's folder, and leaves absolute paths alone", () => {
  if (process.platform === "win32") return;
  assert.is(pathFrom("/etc/cofferdam/config.yaml", "p.wasm"), "/etc/cofferdam/p.wasm");
  assert.is(pathFrom("config.yaml", "../p.wasm"), "../p.wasm");
  assert.is(pathFrom("/etc/config.yaml", "/p.wasm"), "/p.wasm");
  assert.is(absolutePath("/a/../b"), "/b");
});

test("pathTo() gives one spelling, from the file's folder", () => {
  if (process.platform === "win32") return;
  for (const path of ["/etc/p/x.wasm", "/etc/./p//x.wasm", "/srv/../etc/p/x.wasm"]) {
    assert.is(pathTo("/etc/cofferdam/cofferdam.lock", path), "../p/x.wasm");
  }
  assert.is(pathTo("a/cofferdam.lock", "b/../x.wasm"), "../x.wasm");
});

test("userStateFolder() takes XDG_STATE_HOME where it is absolute, else HOME", () => {
  if (process.platform === "win32") return;
  const { XDG_STATE_HOME, HOME } = process.env;
  try {
    process.env.HOME = "/home/me";
    delete process.env.XDG_STATE_HOME;
    assert.is(userStateFolder(), "/home/me/.local/state");
    process.env.XDG_STATE_HOME = "relative";
    assert.is(userStateFolder(), "/home/me/.local/state");
    process.env.XDG_STATE_HOME = "/state";
    assert.is(userStateFolder(), "/state");
    delete process.env.XDG_STATE_HOME;
    delete process.env.HOME;
    assert.is(userStateFolder(), undefined);
  } finally {
    if (HOME !== undefined) process.env.HOME = HOME;
    if (XDG_STATE_HOME !== undefined) process.env.XDG_STATE_HOME = XDG_STATE_HOME;
  }
});

test.run();
