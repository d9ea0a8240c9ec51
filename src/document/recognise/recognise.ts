import type { DocumentKind } from "../kind.ts";
import { isJsonObject } from "../../json.ts";
import type { DisputeType, Tree, YamlDispute } from "../tree.ts";
import type { Syntax } from "../syntax/guess-syntax.ts";
import { CIPD_PACKAGE, CIPD_PIN } from "./cipd.ts";
import { COMPOSE } from "./compose.ts";
import { type Draft, faultAt, type RecogniseContext, type Recogniser } from "./draft.ts";
import { KUBERNETES } from "./kubernetes.ts";
import { OCM_COMPONENT } from "./ocm.ts";
import { DOCKERFILE, PLAIN } from "./plain.ts";
import { CYCLONEDX, SPDX } from "./sbom.ts";

/** The kinds that say what they are, and are written in more than JSON. */
const SPECIFIC: readonly Recogniser[] = [
  KUBERNETES,
  COMPOSE,
  DOCKERFILE,
  CYCLONEDX,
  SPDX,
  CIPD_PIN,
  CIPD_PACKAGE,
  OCM_COMPONENT,
];

/**
 * What a kind's own reader, a YAML library of Go, takes for other values than YAML 1.2. `reread`: the
 * reader knows no types, so its values can be computed and are handed over. `refuse`: what it sees
 * depends on the field that it fills.
 */
const DISPUTED: {
  readonly [kind in DocumentKind]?: { readonly [type in DisputeType]?: "reread" | "refuse" };
} = {
  "kubernetes": {
    word: "reread",
    number: "reread",
    "wide-number": "refuse",
    mapping: "refuse",
  },
  "ocm.component": {
    word: "reread",
    number: "reread",
    "wide-number": "refuse",
    mapping: "refuse",
  },
  "cipd.package": {
    word: "refuse",
    number: "refuse",
    "wide-number": "refuse",
    mapping: "refuse",
  },
  "compose": { number: "refuse", "wide-number": "refuse" },
};

/** The recognisers of one run over an input. */
export class Recognisers {
  readonly #specific: readonly Recogniser[];

  private constructor(specific: readonly Recogniser[]) {
    this.#specific = specific;
  }

  /** Loads what a syntax needs; without one, all. */
  static async load(syntax?: Syntax): Promise<Recognisers> {
    if (syntax !== undefined && syntax !== "json" && syntax !== "json-lines") {
      return new Recognisers(SPECIFIC);
    }
    const { JSON_ONLY } = await import("./json-only.ts");
    return new Recognisers([...SPECIFIC, ...JSON_ONLY]);
  }

  /** The recogniser of a kind that is loaded. */
  of(kind: DocumentKind): Recogniser {
    return [...this.#specific, ...PLAIN].find((one) => one.kind === kind)!;
  }

  /**
   * Finds out what the trees of one text are about, or reads them as the kind that the caller names.
   * The parts of a stream are judged together where their reader takes them so: Compose merges all
   * documents of one file.
   *
   * @throws {PluginError} `document.malformed` where one is not what it says, where it says to be of
   * two kinds, or where its kind's own reader would see other values; `document.kind-mismatch` where
   * it cannot be of the kind that was named
   */
  read(
    trees: readonly Tree[],
    contextOf: (tree: Tree) => RecogniseContext,
    forced?: DocumentKind,
  ): { tree: Tree; draft: Draft }[] {
    const found = trees.map((tree) =>
      forced === undefined
        ? this.#find(tree, contextOf(tree))
        : checkForced(tree, contextOf(tree), this.of(forced))
    );
    const isCompose = forced === undefined && found.includes(COMPOSE);
    return trees.flatMap((tree, index) => {
      let recogniser = found[index]!;
      if (isCompose && PLAIN.includes(recogniser) && isJsonObject(tree.value)) recogniser = COMPOSE;
      const settled = settleDisputes(tree, recogniser, contextOf);
      return recogniser.read(settled.value, contextOf(settled))
        .map((draft) => ({ tree: settled, draft }));
    });
  }

  #find(tree: Tree, context: RecogniseContext): Recogniser {
    const claimants = this.#specific.filter((one) =>
      one.syntaxes.includes(context.syntax) && one.claims(tree.value, context)
    );
    // What one reader takes for an SBOM and another for a Pod would get past both their policies.
    if (claimants.length > 1) {
      const kinds = claimants.map((one) => one.kind).join(" and ");
      throw faultAt(
        context,
        [],
        `Recognising the document failed: it says to be ${kinds}; name the kind that is meant`,
      );
    }
    return claimants[0] ?? PLAIN.find((one) => one.claims(tree.value, context))!;
  }
}

function checkForced(tree: Tree, context: RecogniseContext, recogniser: Recogniser): Recogniser {
  const fits = recogniser.syntaxes.includes(context.syntax) &&
    (recogniser.claims(tree.value, context) || recogniser.accepts?.(tree.value) === true);
  if (fits) return recogniser;
  throw faultAt(
    context,
    [],
    `Reading the document as ${recogniser.kind} failed: ${recogniser.wants} is wanted`,
    "document.kind-mismatch",
  );
}

/** The tree with the values that the kind's own reader sees. */
function settleDisputes(
  tree: Tree,
  recogniser: Recogniser,
  contextOf: (tree: Tree) => RecogniseContext,
): Tree {
  if (tree.disputes === undefined) return tree;
  const ways = DISPUTED[recogniser.kind] ?? {};
  let rereads = false;
  for (const [type, dispute] of Object.entries(tree.disputes)) {
    if (type === "compose-tag" && recogniser !== COMPOSE) throw refuse(dispute);
    const way = ways[type as DisputeType];
    if (way === "refuse") throw refuse(dispute);
    rereads ||= way === "reread";
  }
  const reread = rereads ? tree.rereadAsGo?.() : undefined;
  if (reread === undefined) return tree;
  if (reread.disputes?.mapping !== undefined) throw refuse(reread.disputes.mapping);
  const context = contextOf(reread);
  if (recogniser.claims(reread.value, context) || recogniser.accepts?.(reread.value)) {
    return reread;
  }
  throw refuse((tree.disputes.word ?? tree.disputes.number)!);

  function refuse(dispute: YamlDispute): Error {
    return contextOf(tree).source.fault(
      "document.malformed",
      `Reading the ${recogniser.kind} document failed: ${dispute.message}`,
      dispute.offset,
    );
  }
}
