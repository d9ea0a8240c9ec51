import { type ErrorCode, PluginError } from "../plugin-error.ts";

/**
 * Throws what several plugins said as one error; nothing where none failed. A call that was aborted is no
 * failure of the plugins.
 *
 * @param what Begins the message.
 * @throws {PluginError} Of `code`, with each error's code, message and details in `details.errors`
 */
export function throwTogether(
  code: ErrorCode,
  what: string,
  errors: readonly PluginError[],
): void {
  const [first] = errors;
  if (first === undefined) return;
  const aborted = errors.find((error) => error.code === "call.aborted");
  if (aborted !== undefined) throw aborted;
  const words = errors.map(({ message }) => message).join("; ");
  const facts = errors.map(({ code, message, details }) => ({ code, message, details }));
  throw new PluginError(code, `${what}: ${words}`, { details: { errors: facts }, cause: first });
}
