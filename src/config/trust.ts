import { findForeignWriter } from "../platform/foreign-writer.ts";
import { PluginError } from "../plugin-error.ts";

/**
 * Refuses a configuration, or what lies beside it, that others than this process's user and the
 * super-user can write to: they could grant themselves what it grants.
 *
 * @throws {PluginError} `trust.writable`; `input.not-found`, `input.unreadable`
 */
export async function checkNotWritable(path: string): Promise<void> {
  const fault = await findForeignWriter(path);
  if (fault === undefined) return;
  throw new PluginError("trust.writable", `Cannot trust "${path}": ${fault}`);
}
