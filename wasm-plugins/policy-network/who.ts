import { matchesGlob } from "../shared/glob.ts";

/** Names that a runtime gives a container in CNI_ARGS. */
interface Named {
  readonly args: string;
  readonly containerId: string;
}

/**
 * What a container is called: `NAMESPACE/NAME` of its pod, its name, or its id where the runtime tells no
 * name.
 */
export function nameOf({ args, containerId }: Named): string {
  const pairs = new Map(
    args.split(";").map((pair): [string, string] => {
      const at = pair.indexOf("=");
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
  const name = pairs.get("K8S_POD_NAME") ?? "";
  const namespace = pairs.get("K8S_POD_NAMESPACE") ?? "";
  if (name === "") return containerId;
  return namespace === "" ? name : `${namespace}/${name}`;
}

/** Whether a text is one that a pattern means, in which `*` stands for any text without `/`. */
export function matches(pattern: string, text: string): boolean {
  const [patterns, texts] = [pattern.split("/"), text.split("/")];
  return patterns.length === texts.length &&
    patterns.every((step, at) => matchesGlob(step, texts[at]!));
}
