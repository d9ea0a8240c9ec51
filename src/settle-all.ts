/**
 * Waits for the end of all, whatever becomes of one.
 *
 * @throws What the first of them in the list was rejected with, once all have ended.
 */
export async function settleAll(works: Iterable<Promise<unknown>>): Promise<void> {
  const results = await Promise.allSettled(works);
  const rejected = results.find(({ status }) => status === "rejected");
  if (rejected !== undefined) throw (rejected as PromiseRejectedResult).reason;
}
