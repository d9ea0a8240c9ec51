import type { HostOptions } from "../host/host.ts";
import type { AppendFile } from "../platform/append-file.ts";
import { type Flag, type ParsedFlags, usage } from "./flags.ts";

/** Flags of verbs whose plugins can be watched. */
export const RECORD_FLAGS: readonly Flag[] = [
  {
    name: "audit",
    value: "FILE",
    help: "add a line of JSON there for each capability call, log line and refused grant",
  },
  { name: "record", value: "FILE", help: 'add whole calls there, for "cofferdam replay"' },
  {
    name: "redact",
    value: "POINTER",
    repeats: true,
    mayBeEmpty: true,
    help: 'leave what this JSON Pointer leads to out of both: "/settings/token"; "" for everything',
  },
];

/** The files that were named, open. */
export interface RecordFiles {
  /** What the host is made with. */
  readonly options: Pick<HostOptions, "audit" | "record" | "redact">;
  close(): void;
}

/**
 * Opens the files of `--audit` and `--record` before anything runs.
 *
 * @throws {PluginError} `output.unwritable`; `usage.invalid` for a pointer that is none, and where two
 * of them, or one and `--output`, are one file
 */
export async function openRecordFiles(flags: ParsedFlags): Promise<RecordFiles> {
  const redact = flags.all("redact");
  const named = ["audit", "record"].filter((name) => flags.has(name));
  if (named.length === 0) {
    if (redact.length > 0) throw usage('"--redact" stands without "--audit" or "--record"');
    return { options: {}, close: () => {} };
  }
  // Loaded only here: most runs write neither.
  const [{ createRedaction }, { openAppendFile }, { fileIdentity }] = await Promise.all([
    import("../host/redact.ts"),
    import("../platform/append-file.ts"),
    import("../platform/file-system.ts"),
  ]);
  createRedaction(redact);
  const refuseSame = async () => {
    const flagOf = new Map<string, string>();
    for (const name of ["audit", "record", "output"].filter((name) => flags.has(name))) {
      const identity = await fileIdentity(flags.one(name)!);
      const other = flagOf.get(identity);
      if (other !== undefined) throw usage(`"--${other}" and "--${name}" name the same file`);
      flagOf.set(identity, name);
    }
  };
  await refuseSame();
  const opened: AppendFile[] = [];
  const open = (name: string) => {
    const path = flags.one(name);
    if (path === undefined) return undefined;
    const file = openAppendFile(path);
    opened.push(file);
    return file;
  };
  const close = () => opened.forEach((file) => file.close());
  try {
    const options = { audit: open("audit"), record: open("record"), redact };
    // Again, now that they are there: names may differ in nothing but what a file system looks at.
    await refuseSame();
    return { options, close };
  } catch (error) {
    close();
    throw error;
  }
}
