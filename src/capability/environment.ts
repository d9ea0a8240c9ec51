import { PluginError } from "../plugin-error.ts";

/**
 * Names, beginnings and endings of names, by which a program, its loader or an interpreter takes in code that
 * nobody named: ld.so(8), dyld(1), bash(1), dash(1), the manuals of the interpreters, git(1), less(1),
 * openssl(1), iptables(8), tar(1). Configuration must name what runs, so it cannot set them.
 */
const REFUSED_NAMES: ReadonlySet<string> = new Set([
  "CAML_LD_LIBRARY_PATH",
  "CDPATH",
  "CLASSPATH",
  "COMPILER_PATH",
  "CONTAINERS_CONF",
  "CONTAINERS_CONF_OVERRIDE",
  "CONTAINERS_HELPER_BINARY_DIR",
  "EMACSLOADPATH",
  "ENV",
  "EXINIT",
  "FPATH",
  "GCC_EXEC_PREFIX",
  "GCONV_PATH",
  "GETCONF_DIR",
  "GI_TYPELIB_PATH",
  "GLIBC_TUNABLES",
  "GNUMAKEFLAGS",
  "GNUPGHOME",
  "GOENV",
  "GOFLAGS",
  "GOROOT",
  "GOTOOLCHAIN",
  "HGMERGE",
  "HGRCPATH",
  "HOSTALIASES",
  "IFS",
  "IP6TABLES_LIB_DIR",
  "IPTABLES_LIB_DIR",
  "IP_LIB_DIR",
  "JDK_JAVA_OPTIONS",
  "JRE_HOME",
  "KUBECTL_EXTERNAL_DIFF",
  "LIBMYSQL_PLUGINS",
  "LIBMYSQL_PLUGIN_DIR",
  "LIBPATH",
  "LOCALDOMAIN",
  "LOCPATH",
  "LTDL_LIBRARY_PATH",
  "MAKEFILES",
  "MAKEFLAGS",
  "MANOPT",
  "MANPATH",
  "MFLAGS",
  "NIS_PATH",
  "NLSPATH",
  "ODBCINI",
  "ODBCSYSINI",
  "PHPRC",
  "PHP_INI_SCAN_DIR",
  "PROMPT_COMMAND",
  "PS4",
  "PSMODULEPATH",
  "PSQLRC",
  "RESOLV_HOST_CONF",
  "RES_OPTIONS",
  "RSH",
  "SHELL",
  "SHELLOPTS",
  "SHLIB_PATH",
  "SYSTEMD_LESS",
  "SYSTEM_WGETRC",
  "TAPE",
  "TAR_OPTIONS",
  "TC_LIB_DIR",
  "TERMCAP",
  "TERMINFO",
  "TERMINFO_DIRS",
  "TK_LIBRARY",
  "TZDIR",
  "VISUAL",
  "WGETRC",
  "XTABLES_LIBDIR",
  "ZDOTDIR",
  "ZIPOPT",
  "_JAVA_OPTIONS",
]);
const REFUSED_BEGINNINGS: readonly string[] = [
  "ALSA_",
  "ANSIBLE_",
  "AWK",
  "BASH",
  "BUNDLE_",
  "BUN_",
  "CARGO_",
  "COMPLUS_",
  "CORECLR_",
  "COR_",
  "CVS_",
  "DENO_",
  "DOTNET_",
  "DYLD_",
  "ELECTRON_",
  "ERL_",
  "GEM_",
  "GIO_",
  "GIT_",
  "GRADLE_",
  "GST_",
  "GTK_",
  "GUILE_",
  "HELM_",
  "JAVA",
  "JULIA_",
  "KRB5_",
  "LD_",
  "LESS",
  "LUA_",
  "MAGICK_",
  "MALLOC_",
  "MAVEN_",
  "NODE_",
  "NPM_",
  "OPENSSL_",
  "PERL",
  "PIP_",
  "PYTHON",
  "QT_",
  "RSYNC_",
  "RUBY",
  "RUSTC",
  "R_",
  "SASL_",
  "SSH_",
  "SUDO_",
  "SVN_",
  "TCL",
  "VALGRIND_",
  "VIM",
  "YARN_",
];

/** `GIT_PAGER`, `KUBE_EDITOR` and their kin name a program, or code to load. */
const REFUSED_ENDINGS: readonly string[] = [
  "ASKPASS",
  "BROWSER",
  "EDITOR",
  "PAGER",
  "PRELOAD",
  "STARTUP_HOOKS",
];

/**
 * Checks an environment that an operator wrote.
 *
 * @param where What messages call its owner: `command "ip"`.
 * @throws {PluginError} `config.invalid`
 */
export function checkEnvironment(where: string, env: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(env)) {
    const fault = faultOf(name, value);
    if (fault === undefined) continue;
    const message = `Cannot grant ${where}: its environment variable "${name}" ${fault}`;
    throw new PluginError("config.invalid", message);
  }
}

function faultOf(name: string, value: string): string | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return "has a name that no shell could set";
  if (value.includes("\0")) return "has a value with a NUL";
  const upper = name.toUpperCase();
  const isRefused = REFUSED_NAMES.has(upper) ||
    REFUSED_BEGINNINGS.some((beginning) => upper.startsWith(beginning)) ||
    REFUSED_ENDINGS.some((ending) => upper.endsWith(ending));
  return isRefused ? "makes programs load or run other code; leave it out" : undefined;
}
