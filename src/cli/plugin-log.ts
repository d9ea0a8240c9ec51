import type { PluginLogLine } from "../host/prepare.ts";
import type { Log } from "./log.ts";

/** Writes a line of a plugin's log into that of the command, with where it comes from. */
export function logPluginLine(log: Log, line: PluginLogLine): void {
  log(line.level === "trace" ? "debug" : line.level, pluginLogText(line), { entry: line.entry });
}

/** A line of a plugin's log as text, with where it comes from. */
export function pluginLogText({ message, instance, fields = {} }: PluginLogLine): string {
  const shown = Object.keys(fields).length === 0 ? "" : ` ${JSON.stringify(fields)}`;
  return `${instance}: ${message}${shown}`;
}
