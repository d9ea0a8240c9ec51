import { CniError } from "cofferdam/guest";
import { matchesGlob } from "../shared/glob.ts";
import { quoteJson } from "../shared/quote.ts";
import { CODE } from "./settings.ts";

/** Names that a runtime gives a container in CNI_ARGS. */
interface Named {
  readonly args: string;
  readonly containerId: string;
}

/**
 * What a container is called: `NAMESPACE/NAME` of its pod, its name, or its id where the runtime tells no
 * name.
 *
 * @throws {CniError} 101 for a name or namespace that would pass for both
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
  for (const part of [name, namespace]) {
    if (!part.includes("/")) continue;
    throw new CniError(CODE.containerRefused, `${quoteJson(part)} is no name: it has a "/"`);
  }
  if (name === "") return containerId;
  return namespace === "" ? name : `${namespace}/${name}`;
}

/** Whether a text is one that a pattern means, in which `*` stands for any text without `/`. */
export function matches(pattern: string, text: string): boolean {
  const [patterns, texts] = [pattern.split("/"), text.split("/")];
  return patterns.length === texts.length &&
    patterns.every((step, at) => matchesGlob(step, texts[at]!));
}
