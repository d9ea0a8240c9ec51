import * as v from "valibot";
import { type JsonObject, JsonObjectSchema } from "../json.ts";

/** What a guest asks of a delegate. */
export interface DelegateRequest {
  readonly type: string;
  /** The network configuration; its `type` is the same. */
  readonly config: JsonObject;
  readonly containerId?: string | undefined;
  readonly netns?: string | undefined;
  readonly ifname?: string | undefined;
  /** `K=V;K=V` */
  readonly args?: string | undefined;
}

/** @see libcni, pkg/utils/utils.go */
const ContainerIdSchema = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, "Invalid containerId"),
  v.maxLength(253, "Invalid containerId: it is too long"),
);

/** At most 15 bytes; no path, no white space as Go or JavaScript have it, no control. */
const IfnameSchema = v.pipe(
  v.string(),
  v.regex(/^(?!\.{1,2}$)[^/:\s\p{C}]+$/u, "Invalid ifname"),
  v.maxBytes(15, "Invalid ifname: it has more than 15 bytes"),
);

const NetnsSchema = v.pipe(
  v.string(),
  // Each step is named, so that a path lies where its beginning says.
  v.regex(
    /^(?:\/(?!\.{1,2}(?:\/|$))[^/\p{C}]+)+$/u,
    "Invalid netns: Expected a plain absolute path",
  ),
  v.maxLength(4_095, "Invalid netns: it is too long"),
);

const ArgsSchema = v.pipe(
  v.string(),
  v.regex(
    /^(?:[^=;\p{C}]+=[^;\p{C}]*(?:;[^=;\p{C}]+=[^;\p{C}]*)*)?$/u,
    "Invalid args: Expected K=V;K=V",
  ),
  v.maxLength(4_096, "Invalid args: they are too long"),
);

const network = { type: v.string(), config: JsonObjectSchema };
const attachment = {
  ...network,
  containerId: ContainerIdSchema,
  ifname: IfnameSchema,
  args: v.optional(ArgsSchema),
};

/** For ADD and CHECK. */
export const AttachmentSchema: v.GenericSchema<unknown, DelegateRequest> = v.strictObject({
  ...attachment,
  netns: NetnsSchema,
});

/** For DEL: the namespace may be gone. */
export const DetachmentSchema: v.GenericSchema<unknown, DelegateRequest> = v.strictObject({
  ...attachment,
  netns: v.optional(v.union([v.literal(""), NetnsSchema])),
});

/** For STATUS and GC, which concern no container. */
export const NetworkSchema: v.GenericSchema<unknown, DelegateRequest> = v.strictObject(network);
