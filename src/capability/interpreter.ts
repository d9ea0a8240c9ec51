/** Programs that run what their arguments or their input say: granting one grants them all. */
const RUNS_ANYTHING: ReadonlySet<string> = new Set([
  ...["sh", "ash", "bash", "dash", "fish", "ksh", "mksh", "csh", "tcsh", "zsh", "rbash", "pwsh"],
  ...[
    "busybox",
    "toybox",
    "env",
    "xargs",
    "find",
    "parallel",
    "nohup",
    "timeout",
    "nice",
    "ionice",
  ],
  ...["setsid", "stdbuf", "time", "watch", "script", "expect", "flock", "chroot", "unshare"],
  ...["nsenter", "setpriv", "runuser", "su", "sudo", "doas", "pkexec", "start-stop-daemon"],
  ...["systemd-run", "ssh", "docker", "podman", "nerdctl", "ctr", "crictl", "runc", "crun"],
  ...["kubectl", "capsh", "strace", "ltrace", "gdb", "make", "git", "tar", "rsync", "vi", "vim"],
  ...["ed", "ex", "nano", "emacs", "less", "more", "man", "awk", "gawk", "mawk", "nawk", "sed"],
  ...["python", "pypy", "perl", "ruby", "node", "nodejs", "deno", "bun", "php", "lua", "luajit"],
  ...["tclsh", "wish", "guile", "java", "ghc", "runghc", "osascript", "cmd", "powershell"],
  ...["npx", "npm", "ld.so", "ld-linux", "ld-musl"],
]);

/** The name without what tells versions and builds apart: `python3.11`, `ld-linux-x86-64.so.2`. */
function plainName(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase().replace(/\.exe$/, "");
  if (name.startsWith("ld-linux")) return "ld-linux";
  if (name.startsWith("ld-musl")) return "ld-musl";
  return name.replace(/[-.]?\d[\d.]*$/, "");
}

/**
 * What the operator should hear about a granted program; empty for an ordinary one.
 *
 * @param where What messages call the grant: `command "ip"`.
 * @param paths The granted path, what it leads to, and a script's interpreter.
 */
export function warningsOf(
  where: string,
  paths: {
    readonly granted: string;
    readonly resolved: string;
    readonly interpreter?: string | undefined;
  },
): string[] {
  const { granted, resolved, interpreter } = paths;
  const warnings: string[] = [];
  const name = [granted, resolved].map(plainName).find((candidate) => RUNS_ANYTHING.has(candidate));
  if (name !== undefined) {
    const through = resolved === granted ? "" : `, which is "${resolved}"`;
    warnings.push(
      `${where} runs "${granted}"${through}: "${name}" can run any other program, ` +
        "so check what its arguments and its input leave open",
    );
  }
  if (interpreter !== undefined) {
    warnings.push(
      `${where} runs a script of "${interpreter}", which no digest of the script covers`,
    );
  }
  return warnings;
}
