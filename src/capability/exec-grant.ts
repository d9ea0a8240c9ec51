import * as v from "valibot";
import { byName, COMMAND_NAME, type NameRule } from "../by-name.ts";
import { DigestSchema } from "../digest.ts";
import { LIMITS } from "../limits.ts";
import { type ArgumentTemplate, ArgumentTemplateSchema } from "./argument-template.ts";
import { boundSchema } from "./grant.ts";

/** One command that a guest may run. */
export interface ExecCommand {
  /** Absolute path. */
  readonly program: string;
  /** `sha256:<hex>` of the program; either this or `unpinned`. A script's digest covers the script alone. */
  readonly digest?: string | undefined;
  /** Runs what is found at the path at the time. */
  readonly unpinned?: true | undefined;
  /** Without the program's own name. */
  readonly arguments: readonly ArgumentTemplate[];
  /** The whole environment; default: empty. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Absolute path of the folder it runs in. */
  readonly cwd: string;
  /** Default: the host's own user. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  /** Whether a guest may write to its standard input. Default: no. */
  readonly stdin?: boolean | undefined;
  /** Default: `LIMITS.processTimeoutMs`. */
  readonly timeoutMs?: number | undefined;
  /** For stdout and stderr each. Default: `LIMITS.processOutputBytes`. */
  readonly maxOutputBytes?: number | undefined;
  /** Runs at a time, the others wait. Default: `LIMITS.processes`. */
  readonly concurrency?: number | undefined;
}

/** Commands by the names that guests call them. */
export interface ExecGrant {
  readonly commands: Readonly<Record<string, ExecCommand>>;
}

/** An absolute path without NUL. */
export const PathSchema: v.GenericSchema<unknown, string> = v.pipe(
  v.string(),
  v.regex(/^\/[^\0]*$/, "Invalid path: it must be absolute"),
);

/** What timers take; longer ones would fire at once. */
export const MAX_TIMEOUT_MS = 0x7fff_ffff;

const Id = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff_fffe));

/** Which of them are refused, and why, says `environment.ts`. */
const VARIABLE_NAME: NameRule = { pattern: /^/, wanted: "the name of a variable" };

const CommandSchema: v.GenericSchema<unknown, ExecCommand> = v.pipe(
  v.strictObject({
    program: PathSchema,
    digest: v.optional(DigestSchema),
    unpinned: v.optional(v.literal(true)),
    arguments: v.array(ArgumentTemplateSchema),
    env: v.optional(byName(VARIABLE_NAME, v.string())),
    cwd: PathSchema,
    user: v.optional(v.strictObject({ uid: Id, gid: Id })),
    stdin: v.optional(v.boolean()),
    timeoutMs: v.optional(boundSchema(MAX_TIMEOUT_MS)),
    maxOutputBytes: v.optional(boundSchema(LIMITS.blockBytes)),
    concurrency: v.optional(boundSchema(1_000)),
  }),
  v.check(
    ({ digest, unpinned }) => (digest === undefined) !== (unpinned === undefined),
    'it needs either a "digest" or "unpinned": true',
  ),
);

/** Schema of {@link ExecGrant}. */
export const ExecGrantSchema: v.GenericSchema<unknown, ExecGrant> = v.strictObject({
  commands: byName(COMMAND_NAME, CommandSchema),
});
