import { PluginError } from "../../plugin-error.ts";

/** The refusal of a module: `Cannot load NAME: it WHAT`. */
export function invalid(name: string, what: string): PluginError {
  return new PluginError("sandbox.module-invalid", `Cannot load ${name}: it ${what}`);
}
