import * as v from "valibot";
import { parseAddress } from "../address.ts";
import { byName } from "../by-name.ts";
import { JsonValueSchema } from "../json.ts";
import { line } from "./bounded.ts";
import { type DriverFault, readDriverAnswer } from "./driver-fault.ts";
import { unusableAnswer } from "./guest-json.ts";
import { CidrSchema, IpSchema, isSameAddress, NetworkSchema, withoutLength } from "./ip-address.ts";
import { type ContractMethod, type Done, DoneSchema, type RequestHeader } from "./method.ts";

/** The version of the ipam contract. */
export const IPAM_VERSION = 1;

/** A pool that is wanted. */
export interface PoolRequest {
  /** Within it no two pools overlap; as `getDefaultAddressSpaces` says, or as the user does. */
  readonly addressSpace: string;
  /** `docker network create --subnet`; left out, the driver chooses. */
  readonly pool?: string | undefined;
  /** `docker network create --ip-range`: the part of the pool that addresses are taken from. */
  readonly subPool?: string | undefined;
  /** `docker network create --ipam-opt`. */
  readonly options: Readonly<Record<string, string>>;
  readonly v6: boolean;
}

/** A pool by the driver's own name for it. */
export interface NamedPool {
  readonly poolId: string;
}

/** An address that is wanted. */
export interface AddressRequest extends NamedPool {
  /** Without a prefix length; left out, the driver chooses. */
  readonly address?: string | undefined;
  /**
   * `RequestAddressType: com.docker.network.gateway` asks for that of a network's gateway;
   * `com.docker.network.endpoint.macaddress` says whose interface gets it.
   */
  readonly options: Readonly<Record<string, string>>;
}

/** An address that is not needed any more. */
export interface AddressRelease extends NamedPool {
  /** Without a prefix length. */
  readonly address: string;
}

/** What each method is asked besides the {@link RequestHeader}. */
export interface IpamInputs {
  // deno-lint-ignore ban-types
  readonly getCapabilities: {};
  // deno-lint-ignore ban-types
  readonly getDefaultAddressSpaces: {};
  readonly requestPool: PoolRequest;
  readonly releasePool: NamedPool;
  readonly requestAddress: AddressRequest;
  readonly releaseAddress: AddressRelease;
}

/** The methods of Docker's IpamDriver. */
export type IpamMethod = keyof IpamInputs;

/** What a guest is asked through `ipam_<method in snake case>`, as canonical JSON. */
export type IpamRequest<Method extends IpamMethod = IpamMethod> =
  & RequestHeader<"ipam">
  & IpamInputs[Method];

/** What a driver wants of its caller; what it does not say is false. */
export interface IpamCapabilities {
  /** Requests of addresses must say whose interface gets them. */
  readonly requiresMacAddress?: boolean | undefined;
  /** When the daemon starts, it must ask again for each pool and address that is in use. */
  readonly requiresRequestReplay?: boolean | undefined;
}

/** Where pools are made whose user names no address space. */
export interface DefaultAddressSpaces {
  readonly localDefaultAddressSpace: string;
  readonly globalDefaultAddressSpace: string;
}

/** A pool that is there now. */
export interface AssignedPool extends NamedPool {
  /** A whole network: `10.1.0.0/24`. */
  readonly pool: string;
  /** Shown by nobody, kept by the caller. */
  readonly data?: Readonly<Record<string, string>> | undefined;
}

/** An address that nobody else gets. */
export interface AssignedAddress {
  /** With its pool's prefix length: `10.1.0.5/24`. */
  readonly address: string;
  readonly data?: Readonly<Record<string, string>> | undefined;
}

/** What each method answers when it did what it was asked. */
export interface IpamAnswers {
  readonly getCapabilities: IpamCapabilities;
  readonly getDefaultAddressSpaces: DefaultAddressSpaces;
  readonly requestPool: AssignedPool;
  readonly releasePool: Done;
  readonly requestAddress: AssignedAddress;
  readonly releaseAddress: Done;
}

/** What a guest answers to `ipam_<method in snake case>`. */
export type IpamAnswer<Method extends IpamMethod = IpamMethod> = IpamAnswers[Method] | DriverFault;

const header = {
  contract: v.literal("ipam"),
  version: v.literal(IPAM_VERSION),
  settings: JsonValueSchema,
  now: v.string(),
};
const space = line(255);
const poolId = line(1_024);
const pairs = byName(
  { pattern: /^[^\p{Cc}\p{Cs}]{1,255}$/u, wanted: "one line of at most 255 characters" },
  v.pipe(v.string(), v.maxLength(65_536)),
);
const nothing = v.strictObject(header);

/** Every method of the contract, by its name. */
export const IPAM_METHODS: {
  readonly [Method in IpamMethod]: ContractMethod<IpamRequest<Method>, IpamAnswers[Method]>;
} = {
  getCapabilities: {
    entry: "ipam_get_capabilities",
    // As Docker takes it where a driver does not say.
    absent: {},
    request: nothing,
    answer: v.strictObject({
      requiresMacAddress: v.exactOptional(v.boolean()),
      requiresRequestReplay: v.exactOptional(v.boolean()),
    }),
  },
  getDefaultAddressSpaces: {
    entry: "ipam_get_default_address_spaces",
    request: nothing,
    answer: v.strictObject({ localDefaultAddressSpace: space, globalDefaultAddressSpace: space }),
  },
  requestPool: {
    entry: "ipam_request_pool",
    request: v.strictObject({
      ...header,
      addressSpace: space,
      pool: v.exactOptional(CidrSchema),
      subPool: v.exactOptional(CidrSchema),
      options: pairs,
      v6: v.boolean(),
    }),
    answer: v.strictObject({ poolId, pool: NetworkSchema, data: v.exactOptional(pairs) }),
  },
  releasePool: {
    entry: "ipam_release_pool",
    request: v.strictObject({ ...header, poolId }),
    answer: DoneSchema,
  },
  requestAddress: {
    entry: "ipam_request_address",
    request: v.strictObject({
      ...header,
      poolId,
      address: v.exactOptional(IpSchema),
      options: pairs,
    }),
    answer: v.strictObject({ address: CidrSchema, data: v.exactOptional(pairs) }),
  },
  releaseAddress: {
    entry: "ipam_release_address",
    request: v.strictObject({ ...header, poolId, address: IpSchema }),
    answer: DoneSchema,
  },
};

/** Puts the question of one method. */
export function ipamRequest<Method extends IpamMethod>(
  input: IpamInputs[Method],
  { settings, now }: Pick<RequestHeader<"ipam">, "settings" | "now">,
): IpamRequest<Method> {
  return { ...input, contract: "ipam", version: IPAM_VERSION, settings, now };
}

/**
 * Reads a guest's answer. Strict: a field that the host does not know is no answer.
 *
 * @param request What was asked.
 * @throws {PluginError} `contract.output-invalid`, also for another pool, another address or another
 *   family than was asked for
 */
export function readIpamAnswer<Method extends IpamMethod>(
  method: Method,
  request: IpamRequest<Method>,
  output: Uint8Array,
): IpamAnswer<Method> {
  const { entry, answer } = IPAM_METHODS[method];
  const form = { entry, answer: answer as v.GenericSchema<unknown, IpamAnswers[Method]> };
  return readDriverAnswer(form, output, (read) => {
    if (method === "requestPool") checkPool(request as PoolRequest, read as AssignedPool);
    if (method === "requestAddress") {
      checkAddress(request as AddressRequest, read as AssignedAddress);
    }
  });
}

function checkPool({ pool: asked, v6 }: PoolRequest, { pool }: AssignedPool): void {
  if (parseAddress(pool)!.family !== (v6 ? 6 : 4)) {
    throw unusableAnswer(`the pool ${pool} is none of IPv${v6 ? 6 : 4}, which was asked for`);
  }
  // A user may write any address of the network that is meant.
  if (asked !== undefined && !isSameNetwork(asked, pool)) {
    throw unusableAnswer(`the pool is ${pool}, asked was ${asked}`);
  }
}

/** @param whole a network: no bit is set behind its prefix */
function isSameNetwork(any: string, whole: string): boolean {
  const [a, b] = [parseAddress(any)!, parseAddress(whole)!];
  if (a.family !== b.family || a.length !== b.length) return false;
  const hostBits = BigInt((a.family === 4 ? 32 : 128) - a.length!);
  return a.value >> hostBits === b.value >> hostBits;
}

function checkAddress({ address: asked }: AddressRequest, { address }: AssignedAddress): void {
  if (asked === undefined || isSameAddress(asked, withoutLength(address))) return;
  throw unusableAnswer(`the address is ${address}, asked was ${asked}`);
}
