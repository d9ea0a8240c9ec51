import * as v from "valibot";
import {
  CniArgsSchema,
  ContainerIdSchema,
  IfnameSchema,
  NetnsSchema,
} from "../contract/cni-attachment.ts";
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

const network = { type: v.string(), config: JsonObjectSchema };
const attachment = {
  ...network,
  containerId: ContainerIdSchema,
  ifname: IfnameSchema,
  args: v.optional(CniArgsSchema),
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
