import type { Document } from "../document/document.ts";
import type { DocumentKind } from "../document/kind.ts";
import type { AskOptions } from "../host/ask.ts";
import type { JudgingPlugin } from "../host/plugin.ts";
import type { JsonObject } from "../json.ts";
import { AUTHZ_SHAPE, requestDocument, responseDocument } from "./authz-call.ts";
import { answerOfDenial, answerOfVerdicts, Denial } from "./denial.ts";
import type { DockerInterface } from "./interface.ts";
import type { Fields } from "./wire.ts";

/** Whether a plugin judges calls of Docker's API. */
export function judgesDocker({ admission }: JudgingPlugin): boolean {
  return admission.judges({ kind: "docker.request" }) ||
    admission.judges({ kind: "docker.response" });
}

/**
 * Docker's authorization. All plugins that judge a call, or its answer, have to allow it; what none of
 * them judges may pass.
 *
 * @see moby, pkg/authorization
 */
export function authorization(plugins: readonly JudgingPlugin[]): DockerInterface {
  const method = (kind: DocumentKind, read: (asked: Fields) => Promise<Document>) => ({
    shape: AUTHZ_SHAPE,
    call: async (asked: Fields, options: AskOptions): Promise<JsonObject> => {
      const judges = plugins.filter(({ admission }) => admission.judges({ kind }));
      if (judges.length === 0) return { Allow: true };
      try {
        const document = await read(asked);
        return answerOfVerdicts(
          await Promise.all(judges.map(({ admission }) => admission.check(document, options))),
        );
      } catch (error) {
        if (error instanceof Denial) return answerOfDenial(error);
        throw error;
      }
    },
  });
  return {
    name: "authz",
    methods: {
      "AuthZPlugin.AuthZReq": method("docker.request", requestDocument),
      "AuthZPlugin.AuthZRes": method("docker.response", responseDocument),
    },
  };
}
