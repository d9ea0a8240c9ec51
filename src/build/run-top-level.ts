import * as v from "valibot";
import { PROGRAM_NAME, SourceMapReader } from "../bundle/source-map.ts";
import type { Description } from "../guest/serve.ts";
import { LIMITS } from "../limits.ts";
import { type ErrorCode, PluginError } from "../plugin-error.ts";
import { strictObject } from "../strict-object.ts";
import { type Program, RESULT } from "./bundle-program.ts";
import type { Engine } from "./engine/engine.ts";
import { EngineSession, type EngineState, type ScriptEnd } from "./engine/session.ts";

/** What came of a program's top level. */
export interface TopLevel {
  readonly description: Description;
  readonly state: EngineState;
}

const Text = v.pipe(v.string(), v.maxLength(1_000));

const DescriptionSchema: v.GenericSchema<unknown, Description> = v.pipe(
  v.string(),
  v.parseJson(),
  strictObject({
    instead: v.exactOptional(Text),
    plugins: v.array(strictObject({ contract: Text, exports: v.array(Text) })),
  }),
);

/** For the top level as a whole: tables of large packages take some hundred millions. */
const FUEL = 4_000_000_000;

/**
 * Runs a program's top level in the engine.
 *
 * @throws {PluginError} `build.top-level-endless`, `build.top-level-host-call`,
 * `build.top-level-error`, `build.missing-global`, `build.not-a-plugin`
 */
export async function runTopLevel(engine: Engine, program: Program): Promise<TopLevel> {
  const limits = { fuel: FUEL, memoryPages: LIMITS.memoryPages };
  // By another engine, so that what compiling leaves in memory does not go into the plugin.
  const compiled = (await EngineSession.start(engine, limits)).compile(program.code, PROGRAM_NAME);
  const session = await EngineSession.start(engine, limits);
  if (compiled.end === "bytecode") valueOf(session.load(compiled.bytecode), program);
  else valueOf(compiled, program);
  const take = `(() => { const taken = ${RESULT}; delete globalThis.${RESULT}; return taken; })()`;
  const said = valueOf(session.evaluate(take, "cofferdam"), program);
  valueOf(session.settle(), program);
  return { description: readDescription(said), state: session.state() };
}

/** The author's code shares its globals with what describes it, and may have changed them. */
function readDescription(said: string): Description {
  const { success, output } = v.safeParse(DescriptionSchema, said, { abortEarly: true });
  if (success) return output;
  throw new PluginError(
    "build.not-a-plugin",
    "Cannot build the plugin: its program does not say what it implements; does a package, or the " +
      "plugin itself, change globals as Object.prototype at the top level?",
  );
}

function valueOf(ended: ScriptEnd, { map }: Program): string {
  const fault = (code: ErrorCode, why: string) =>
    new PluginError(code, `Cannot build the plugin: ${why}`);
  switch (ended.end) {
    case "value":
      return ended.text;
    case "fuel":
      throw fault(
        "build.top-level-endless",
        `its top level did not end within ${FUEL} units of fuel; it runs when the plugin is built`,
      );
    case "host-call":
      throw fault(
        "build.top-level-host-call",
        `its top level called the host (${ended.text}), which is not there when it is built`,
      );
    case "trap":
      throw fault("build.top-level-error", `its top level was stopped: ${ended.text}`);
    case "thrown": {
      const reader = map === undefined ? undefined : SourceMapReader.read(map);
      const { file, line, column } = reader?.firstOf(ended.text) ?? {};
      const where = file === undefined ? "" : `${file}:${line}:${column}: `;
      const [head] = ended.text.split("\n");
      const code = codeOf(head!);
      throw new PluginError(code, `Cannot build the plugin: ${where}${head}`, {
        details: file === undefined
          ? {}
          : { file, line: line!, column: column!, stack: reader!.translate(ended.text) },
      });
    }
  }
}

function codeOf(head: string): ErrorCode {
  if (head.startsWith("TopLevelError: ")) return "build.top-level-host-call";
  return /^ReferenceError: .* is not defined \(/.test(head)
    ? "build.missing-global"
    : "build.top-level-error";
}
