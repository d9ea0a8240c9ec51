/** The host refused, or could not do, what it was asked for. */
export class CapabilityError extends Error {
  override readonly name = "CapabilityError";
  /** `capability.denied`, `capability.not-found`, … */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
