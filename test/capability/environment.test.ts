import * as assert from "uvu/assert";
import { checkEnvironment } from "../../src/capability/environment.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { suite } from "../support/suite.ts";

const test = suite("environment");

test("checkEnvironment() takes ordinary variables", () => {
  checkEnvironment("it", { PATH: "/bin", HOME: "/", LANG: "C", LC_ALL: "C", _A: "", lower: "\n" });
});

const REFUSED = [
  ...["LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "DYLD_INSERT_LIBRARIES", "GCONV_PATH"],
  ...["GLIBC_TUNABLES", "NODE_OPTIONS", "NODE_PATH", "DENO_DIR", "BASH_ENV", "ENV", "PYTHONPATH"],
  ...["PYTHONSTARTUP", "PERL5LIB", "PERL5OPT", "PERLLIB", "RUBYOPT", "RUBYLIB", "GIT_SSH_COMMAND"],
  ...["GIT_EXEC_PATH", "IFS", "PS4", "SHELLOPTS", "BASH_FUNC_ls", "JAVA_TOOL_OPTIONS", "LESSOPEN"],
  ...["OPENSSL_CONF", "ld_preload", "PAGER", "EDITOR", "LUA_INIT", "SSH_ASKPASS"],
  ...["XTABLES_LIBDIR", "TC_LIB_DIR", "IP_LIB_DIR", "DOTNET_STARTUP_HOOKS", "TCLLIBPATH"],
  ...["AWKLIBPATH", "GUILE_LOAD_PATH", "MANPAGER", "npm_config_node_options", "NPM_CONFIG_SHELL"],
  ...["LUA_PATH", "LUA_CPATH", "_JAVA_OPTIONS", "CLASSPATH", "VISUAL", "BROWSER", "BASHOPTS"],
  ...["PROMPT_COMMAND", "CDPATH", "TAR_OPTIONS", "RSYNC_RSH", "KUBE_EDITOR", "BASH_LOADABLES_PATH"],
];
const NOT_NAMES = ["", "A=B", "A B", "1A", "BASH_FUNC_x%%", "A\0", "Ä", "A\n"];

for (const name of [...REFUSED, ...NOT_NAMES]) {
  test(`checkEnvironment() refuses ${JSON.stringify(name)}`, () => {
    assert.throws(
      () => checkEnvironment("it", { [name]: "x" }),
      (error: PluginError) =>
        error.code === "config.invalid" && error.message.includes(`"${name}"`),
    );
  });
}

test("checkEnvironment() refuses a NUL in a value", () => {
  assert.throws(() => checkEnvironment("it", { A: "x\0LD_PRELOAD=y" }), /NUL/);
});

test.run();
