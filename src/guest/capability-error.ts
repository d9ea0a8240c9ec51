import type { CniFault } from "../contract/cni-fault.ts";

/** The host refused, or could not do, what it was asked for. */
export class CapabilityError extends Error {
  override readonly name = "CapabilityError";
  /** `capability.denied`, `capability.not-found`, … */
  readonly code: string;
  /** What a delegate said, where it said it as CNI plugins do. Not caught, a network plugin says the same. */
  readonly cni: CniFault | undefined;

  constructor(code: string, message: string, cni?: CniFault) {
    super(message);
    this.code = code;
    this.cni = cni;
  }
}
