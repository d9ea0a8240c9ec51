import * as v from "valibot";
import { byName } from "../by-name.ts";
import { isDateOrTime } from "../date.ts";
import { type JsonObject, JsonObjectSchema, JsonValueSchema } from "../json.ts";
import { LIMITS } from "../limits.ts";
import { HostPathSchema, line, list } from "./bounded.ts";
import { type DriverFault, readDriverAnswer } from "./driver-fault.ts";
import { unusableAnswer } from "./guest-json.ts";
import { type ContractMethod, type Done, DoneSchema, type RequestHeader } from "./method.ts";

/** The version of the volume contract. */
export const VOLUME_VERSION = 1;

/** Names a volume; whatever its user chose, a path that leads elsewhere too. */
export interface NamedVolume {
  /** One line of at most 255 characters. */
  readonly name: string;
}

/** A volume that is to be made. */
export interface VolumeCreation extends NamedVolume {
  /** The driver's own options, as in `docker volume create -o size=1g`. */
  readonly options: Readonly<Record<string, string>>;
}

/** One use of a volume by one container. */
export interface VolumeMount extends NamedVolume {
  /** Unlike that of any other mount that holds, so a driver counts references by it. */
  readonly id: string;
}

/** What each method is asked besides the {@link RequestHeader}. */
export interface VolumeInputs {
  readonly create: VolumeCreation;
  readonly remove: NamedVolume;
  readonly path: NamedVolume;
  readonly mount: VolumeMount;
  readonly unmount: VolumeMount;
  readonly get: NamedVolume;
  // deno-lint-ignore ban-types
  readonly list: {};
  // deno-lint-ignore ban-types
  readonly capabilities: {};
}

/** The methods of Docker's VolumeDriver. */
export type VolumeMethod = keyof VolumeInputs;

/** What a guest is asked through `volume_<method>`, as canonical JSON. */
export type VolumeRequest<Method extends VolumeMethod = VolumeMethod> =
  & RequestHeader<"volume">
  & VolumeInputs[Method];

/** Where a volume is on the host; without a path it is nowhere, as long as it is not mounted. */
export interface VolumePlace {
  /** Absolute and plain: no `.`, no `..`, no slash at its end. */
  readonly mountpoint?: string | undefined;
}

/** Where a volume was mounted. */
export interface MountedVolume {
  readonly mountpoint: string;
}

/** A volume as its driver knows it. */
export interface Volume extends VolumePlace {
  readonly name: string;
  /** RFC 3339. */
  readonly createdAt?: string | undefined;
  /** Shown by `docker volume inspect`: what the driver has to say, such as its size. */
  readonly status?: JsonObject | undefined;
}

/** What each method answers when it did what it was asked. */
export interface VolumeAnswers {
  readonly create: Done;
  readonly remove: Done;
  readonly path: VolumePlace;
  readonly mount: MountedVolume;
  readonly unmount: Done;
  readonly get: { readonly volume: Volume };
  readonly list: { readonly volumes: readonly Volume[] };
  /** `global`: a volume that one host makes is there on all of them. */
  readonly capabilities: { readonly scope: "local" | "global" };
}

/** What a guest answers to `volume_<method>`. */
export type VolumeAnswer<Method extends VolumeMethod = VolumeMethod> =
  | VolumeAnswers[Method]
  | DriverFault;

const name = line(255);
const header = {
  contract: v.literal("volume"),
  version: v.literal(VOLUME_VERSION),
  settings: JsonValueSchema,
  now: v.string(),
};
const named = v.strictObject({ ...header, name });
const mount = v.strictObject({ ...header, name, id: line(255) });
const nothing = v.strictObject(header);

const options = byName(
  { pattern: /^[^\p{Cc}\p{Cs}]{1,255}$/u, wanted: "one line of at most 255 characters" },
  v.pipe(v.string(), v.maxLength(65_536)),
);
const place = { mountpoint: v.exactOptional(HostPathSchema) };
const time = v.pipe(
  v.string(),
  v.check((text) => isDateOrTime(text) && text.includes("T"), "Invalid time: Expected RFC 3339"),
);
const volume: v.GenericSchema<unknown, Volume> = v.strictObject({
  name,
  ...place,
  createdAt: v.exactOptional(time),
  status: v.exactOptional(JsonObjectSchema),
});

/** Every method of the contract, by its name. */
export const VOLUME_METHODS: {
  readonly [Method in VolumeMethod]: ContractMethod<VolumeRequest<Method>, VolumeAnswers[Method]>;
} = {
  create: {
    entry: "volume_create",
    request: v.strictObject({ ...header, name, options }),
    answer: DoneSchema,
  },
  remove: { entry: "volume_remove", request: named, answer: DoneSchema },
  path: { entry: "volume_path", request: named, answer: v.strictObject(place) },
  mount: {
    entry: "volume_mount",
    request: mount,
    answer: v.strictObject({ mountpoint: HostPathSchema }),
  },
  unmount: { entry: "volume_unmount", request: mount, answer: DoneSchema },
  get: { entry: "volume_get", request: named, answer: v.strictObject({ volume }) },
  list: {
    entry: "volume_list",
    request: nothing,
    answer: v.strictObject({ volumes: list(volume, LIMITS.volumes) }),
  },
  capabilities: {
    entry: "volume_capabilities",
    // As Docker takes it where a driver does not say.
    absent: { scope: "local" },
    request: nothing,
    answer: v.strictObject({ scope: v.picklist(["local", "global"]) }),
  },
};

/** Puts the question of one method. */
export function volumeRequest<Method extends VolumeMethod>(
  input: VolumeInputs[Method],
  { settings, now }: Pick<RequestHeader<"volume">, "settings" | "now">,
): VolumeRequest<Method> {
  return { ...input, contract: "volume", version: VOLUME_VERSION, settings, now };
}

/**
 * Reads a guest's answer. Strict: a field that the host does not know is no answer.
 *
 * @param request What was asked.
 * @throws {PluginError} `contract.output-invalid`, also where a volume is not the one that was asked
 *   for, or stands in a list twice
 */
export function readVolumeAnswer<Method extends VolumeMethod>(
  method: Method,
  request: VolumeRequest<Method>,
  output: Uint8Array,
): VolumeAnswer<Method> {
  const { entry, answer } = VOLUME_METHODS[method];
  const form = { entry, answer: answer as v.GenericSchema<unknown, VolumeAnswers[Method]> };
  return readDriverAnswer(form, output, (read) => {
    checkNames(request as Partial<NamedVolume>, read as Partial<AllAnswers>);
  });
}

type AllAnswers = VolumeAnswers["get"] & VolumeAnswers["list"];

function checkNames(
  request: Partial<NamedVolume>,
  { volume, volumes = [] }: Partial<AllAnswers>,
): void {
  if (volume !== undefined && volume.name !== request.name) {
    throw unusableAnswer(`it is about "${volume.name}", asked was "${request.name}"`);
  }
  const names = new Set<string>();
  for (const { name } of volumes) {
    if (names.has(name)) throw unusableAnswer(`"${name}" stands in the list twice`);
    names.add(name);
  }
}
