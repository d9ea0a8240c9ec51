import type { DocumentKind } from "../kind.ts";
import type { Recogniser } from "./draft.ts";
import type { Syntax } from "../syntax/guess-syntax.ts";

/** What is left: documents known by their syntax alone. */
export const PLAIN: readonly Recogniser[] = [
  plain("json", ["json", "json-lines"]),
  plain("yaml", ["yaml"]),
  plain("toml", ["toml"]),
];

function plain(kind: DocumentKind, syntaxes: readonly Syntax[]): Recogniser {
  return {
    kind,
    syntaxes,
    wants: `a ${kind.toUpperCase()} text`,
    claims: (_, { syntax }) => syntaxes.includes(syntax),
    read: (value) => [{ kind, object: value, base: [] }],
  };
}

/** A Dockerfile, which its syntax gives away. */
export const DOCKERFILE: Recogniser = {
  kind: "dockerfile",
  syntaxes: ["dockerfile"],
  wants: "a Dockerfile",
  claims: (_, { syntax }) => syntax === "dockerfile",
  read: (value, { tree }) => [{
    kind: "dockerfile",
    object: value,
    base: [],
    ...(tree.facts === undefined || Object.keys(tree.facts).length === 0
      ? {}
      : { annotations: { directives: { ...tree.facts } } }),
  }],
};
