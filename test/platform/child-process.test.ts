import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import * as assert from "uvu/assert";
import { type ExitStatus, startChild, StartError } from "../../src/platform/child-process.ts";
import { checkEnds, isRunning } from "../support/process-fixture.ts";
import { suite } from "../support/suite.ts";

const test = suite("child-process");

const IS_DENO = "Deno" in globalThis;

/** Starts a program and waits for its end. */
function run(file: string, args: readonly string[], argv0 = file) {
  return new Promise<{ status: ExitStatus; output: string }>((resolve, reject) => {
    let output = "";
    let status: ExitStatus;
    startChild({ file, argv0, args, env: {}, cwd: "/" }, {
      onOutput: (_, chunk) => {
        output += new TextDecoder().decode(chunk);
        return true;
      },
      onExit: (ended) => status = ended,
      onClose: () => resolve({ status, output }),
    }).catch(reject);
  });
}

test("startChild() starts this very runtime with the arguments as they are", async () => {
  // Deno has no "-e", but its node:child_process translates that of Node for Deno's own executable.
  const { output } = await run(process.execPath, IS_DENO ? ["-e", "1"] : ["-p", "6 * 7"]);
  assert.match(output, IS_DENO ? /unexpected argument '-e'/ : /^42\n$/);
});

test("startChild() says why a program did not start", async () => {
  const cases = [["/nowhere/program", "missing"], ["/etc/passwd", "denied"]] as const;
  for (const [file, fault] of cases) {
    try {
      await run(file, []);
      assert.unreachable();
    } catch (error) {
      assert.instance(error, StartError);
      assert.is((error as StartError).fault, fault);
    }
  }
});

/** Imports what is tested, for a program of another runtime. */
const IMPORT = (() => {
  const ending = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
  const module = new URL(`../../src/platform/child-process${ending}`, import.meta.url);
  return `import { startChild } from ${JSON.stringify(module)};`;
})();

const runtimeArguments = (code: string) =>
  IS_DENO ? ["eval", code] : ["--input-type=module", "-e", code];

test("startChild() kills what still runs when the host exits", async () => {
  const code = `${IMPORT}
    import process from "node:process";
    const note = (_, chunk) => (console.log(new TextDecoder().decode(chunk)), process.exit(3));
    startChild(
      { file: "/bin/sh", argv0: "sh", args: ["-c", "echo $$; sleep 1000 & wait"], env: {}, cwd: "/" },
      { onOutput: note, onExit: () => {}, onClose: () => {} },
    );`;
  const host = spawn(`/.${process.execPath}`, runtimeArguments(code));
  let output = "";
  host.stdout.on("data", (chunk) => output += chunk);
  assert.is(await new Promise((resolve) => host.on("close", resolve)), 3);
  await checkEnds(Number(output));
});

/** A program that starts another, says its own number and goes on; `note` hears the number. */
const START_SLEEPER = `
  import process from "node:process";
  const start = (note) => startChild(
    { file: "/bin/sh", argv0: "sh", args: ["-c", "echo $$; sleep 1000 & wait"], env: {}, cwd: "/" },
    {
      onOutput: (_, chunk) => (note(new TextDecoder().decode(chunk).trim()), true),
      onExit: () => {},
      onClose: () => {},
    },
  );`;

/** Runs code that says lines, each heard by `onLine`. @returns how it ended, a code or a signal */
function runHost(code: string, onLine: (line: string, host: ChildProcess) => void) {
  const host = spawn(
    `/.${process.execPath}`,
    runtimeArguments(`${IMPORT}${START_SLEEPER}${code}`),
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let rest = "";
  host.stdout!.on("data", (chunk) => {
    const lines = `${rest}${chunk}`.split("\n");
    rest = lines.pop()!;
    for (const line of lines) onLine(line, host);
  });
  return new Promise((resolve) => host.on("close", (code, signal) => resolve(code ?? signal)));
}

for (const signal of ["SIGHUP", "SIGINT", "SIGTERM", "SIGQUIT"] as const) {
  test(`startChild() kills what still runs when ${signal} ends the host`, async () => {
    let pid = 0;
    const end = await runHost("start((pid) => console.log(pid));", (line, host) => {
      pid = Number(line);
      host.kill(signal);
    });
    assert.is(end, signal);
    await checkEnds(pid);
  });
}

test("startChild() leaves a signal to who listens for it, before or after, once or always", async () => {
  const listeners = [
    'process.once("SIGHUP", heard); start(say);',
    'process.on("SIGHUP", heard); start(say);',
    'start((pid) => (process.once("SIGHUP", heard), say(pid)));',
    'start((pid) => (process.on("SIGHUP", heard), say(pid)));',
  ];
  for (const code of listeners) {
    let pid = 0;
    let ranOn = false;
    const end = await runHost(
      // A moment later, when all listeners were called.
      `const say = (line) => console.log(line);
      const heard = () => setTimeout(() => console.log("heard"), 100);
      ${code}`,
      async (line, host) => {
        if (line !== "heard") {
          pid = Number(line);
          process.kill(host.pid!, "SIGHUP");
          return;
        }
        ranOn = await isRunning(pid);
        // Not `host.kill`, which Deno heeds once.
        process.kill(host.pid!, "SIGTERM");
      },
    );
    assert.equal([end, ranOn], ["SIGTERM", true], code);
    await checkEnds(pid);
  }
});

test("startChild() listens for no signal when nothing runs", async () => {
  const lines: string[] = [];
  const end = await runHost(
    `const names = ["SIGHUP", "SIGINT", "SIGTERM", "SIGQUIT", "removeListener"];
    const say = () => console.log(names.map((name) => process.listenerCount(name)).join(" "));
    say();
    startChild({ file: "/bin/cat", argv0: "cat", args: [], env: {}, cwd: "/" }, {
      onOutput: () => true,
      onExit: () => {},
      onClose: say,
    }).then(say);`,
    (line) => lines.push(line),
  );
  assert.is(end, 0);
  assert.is(lines.length, 3);
  assert.is(lines[2], lines[0]);
  assert.match(lines[0]!, /^0 0 0 0 /);
});

test("startChild() hands on no descriptor that was left open to the host itself", async () => {
  const code = `${IMPORT}
    startChild(
      { file: "/bin/ls", argv0: "ls", args: ["-l", "/proc/self/fd"], env: {}, cwd: "/" },
      {
        onOutput: (_, chunk) => (console.log(new TextDecoder().decode(chunk)), true),
        onExit: () => {},
        onClose: () => {},
      },
    );`;
  // Pipes that this process would never give away: a host that was started carelessly. Both runtimes
  // take care of the lowest numbers themselves, and Deno of those that its mark names.
  const stdio = Array.from({ length: 44 }, (): "ignore" | "pipe" | "inherit" => "ignore");
  stdio[1] =
    stdio[5] =
    stdio[41] =
    stdio[43] =
      "pipe";
  stdio[2] = "inherit";
  const unmarked = ["-u", "DENO_EXTRA_STDIO_FDS", process.execPath, ...runtimeArguments(code)];
  const host = spawn("/usr/bin/env", unmarked, { stdio });
  let output = "";
  host.stdout!.on("data", (chunk) => output += chunk);
  await new Promise((resolve) => host.on("close", resolve));
  const link = (fd: number) => new RegExp(` ${fd} -> (.*)`).exec(output)?.[1];
  assert.equal([link(41), link(43)], ["/dev/null", "/dev/null"], output);
  assert.ok([undefined, "/dev/null"].includes(link(5)), output);
});

if (process.platform === "linux") {
  test("startChild() starts nothing where inherited descriptors cannot be seen", async () => {
    const code = `${IMPORT}
      startChild(
        { file: "/bin/echo", argv0: "echo", args: ["started"], env: {}, cwd: "/" },
        { onOutput: () => (console.log("started"), true), onExit: () => {}, onClose: () => {} },
      ).catch(({ fault }) => console.log(fault));`;
    const folder = fileURLToPath(new URL("../../src", import.meta.url));
    // A runtime that reads the project alone, as `deno run` does.
    const flag = process.allowedNodeEnvironmentFlags.has("--permission")
      ? "--permission"
      : "--experimental-permission";
    const args = IS_DENO
      ? ["run", "--no-check", "--allow-read", "--allow-write", "--allow-env", "--allow-run", "-"]
      : [flag, `--allow-fs-read=${folder}/*`, "--allow-child-process"]
        .concat("--input-type=module", "-");
    const host = spawn(`/.${process.execPath}`, args, { stdio: ["pipe", "pipe", "pipe"] });
    let output = "";
    host.stdout.on("data", (chunk) => output += chunk);
    host.stdin.end(code);
    await new Promise((resolve) => host.on("close", resolve));
    assert.is(output, "unseen\n");
  });
}

test.run();
