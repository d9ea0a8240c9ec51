import type { DocumentKind } from "../kind.ts";
import type { Tree } from "../tree.ts";
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

/** The kinds whose own readers are Go's YAML libraries, and what these read differently. */
const DISPUTED: { readonly [kind in DocumentKind]?: readonly ("scalar" | "number")[] } = {
  "kubernetes": ["scalar", "number"],
  "ocm.component": ["scalar", "number"],
  "cipd.package": ["scalar", "number"],
  "compose": ["number"],
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
   * Finds out what a tree is about, or reads it as the kind that the caller names.
   *
   * @throws {PluginError} `document.malformed` where it is not what it says, where it says to be of
   * two kinds, or where its kind's own reader would see other values; `document.kind-mismatch` where
   * it cannot be of the kind that was named
   */
  read(tree: Tree, context: RecogniseContext, forced?: DocumentKind): Draft[] {
    const recogniser = forced === undefined
      ? this.#find(tree, context)
      : checkForced(tree, context, this.of(forced));
    for (const type of DISPUTED[recogniser.kind] ?? []) {
      const dispute = tree.disputes?.[type];
      if (dispute !== undefined) {
        throw context.source.fault(
          "document.malformed",
          `Reading the ${recogniser.kind} document failed: ${dispute.message}`,
          dispute.offset,
        );
      }
    }
    return recogniser.read(tree.value, context);
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
