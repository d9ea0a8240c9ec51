import type { TextSink } from "../platform/process.ts";
import type { Flag, ParsedFlags } from "./flags.ts";
import type { Log } from "./log.ts";

/** 0 allowed or done, 1 denied, 2 could not tell. */
export type ExitCode = 0 | 1 | 2;

/** What a verb works with. */
export interface VerbContext {
  readonly flags: ParsedFlags;
  readonly log: Log;
  /** Whether `--quiet` was given. */
  readonly quiet: boolean;
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  /** Aborts at SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
}

/** One command of the command line. */
export interface Verb {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  /** What follows the verb's name. */
  readonly usage: string;
  readonly flags: readonly Flag[];
  /** A few lines behind the flags in the help. */
  readonly notes?: string;
  /** Whether it runs until a signal ends it, which is no interruption then: it has an exit code. */
  readonly isServer?: boolean;
  /** The permissions it needs on Deno. */
  readonly denoPermissions: string;
  run(context: VerbContext): Promise<ExitCode>;
}
