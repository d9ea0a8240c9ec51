/** Modules that are kept; a host seldom has more plugins. */
const MOST = 32;

/**
 * Compiled modules of this process, by what went into them. Loading a plugin again, in this host or
 * another one, then costs neither the rewriting nor the compiling.
 */
const modules = new Map<string, Promise<unknown>>();

/**
 * What `make` gives, once for each `key`; a failure is not kept.
 *
 * @param key Names everything that the result depends on: digest, version of the rewriter, limits.
 */
export function cached<T>(key: string, make: () => Promise<T>): Promise<T> {
  const known = modules.get(key) as Promise<T> | undefined;
  // The one that was used last stands last.
  modules.delete(key);
  const made = known ?? make();
  modules.set(key, made);
  if (known === undefined) made.catch(() => modules.delete(key));
  if (modules.size > MOST) modules.delete(modules.keys().next().value!);
  return made;
}
