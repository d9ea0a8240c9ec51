/** Namespaces of the host that a container can be given. */
export type Namespace = "network" | "pid" | "ipc" | "uts" | "user" | "cgroup";

/** What else Docker takes for each, besides `host` and, for some, `container:`. */
export const NAMESPACES: Readonly<
  Record<Namespace, { readonly words: readonly string[]; readonly isOpen?: boolean }>
> = {
  // Any other word is a network.
  network: { words: [], isOpen: true },
  pid: { words: ["", "private"] },
  ipc: { words: ["", "none", "private", "shareable"] },
  uts: { words: [""] },
  user: { words: [""] },
  cgroup: { words: ["", "private"] },
};
