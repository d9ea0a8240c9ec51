/** Resolves once `isSo`; throws where that takes too long. */
export async function until(isSo: () => boolean, ms = 20_000): Promise<void> {
  const end = performance.now() + ms;
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`it was not so within ${ms} ms: ${isSo}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
