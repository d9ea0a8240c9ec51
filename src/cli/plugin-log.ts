import type { PluginLogLine } from "../host/prepare.ts";
import type { Log } from "./log.ts";

/** Writes a line of a plugin's log into that of the command, with where it comes from. */
export function logPluginLine(log: Log, line: PluginLogLine): void {
  const { level, message, instance, entry, fields = {} } = line;
  const shown = Object.keys(fields).length === 0 ? "" : ` ${JSON.stringify(fields)}`;
  log(level === "trace" ? "debug" : level, `${instance}: ${message}${shown}`, { entry });
}
