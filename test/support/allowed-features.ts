import wabtInit from "wabt";

const wabt = await wabtInit();

/** The features that a plugin may use are wabt's defaults; these are what it must do without. */
const REFUSED = {
  exceptions: false,
  threads: false,
  function_references: false,
  tail_call: false,
  annotations: false,
  code_metadata: false,
  gc: false,
  memory64: false,
  multi_memory: false,
  extended_const: false,
  relaxed_simd: false,
};

const ALLOWED = {
  mutable_globals: true,
  sat_float_to_int: true,
  sign_extension: true,
  simd: true,
  multi_value: true,
  bulk_memory: true,
  reference_types: true,
};

/**
 * Reads a module with no other features than a plugin may use.
 *
 * @throws {Error} Where it needs another one.
 */
export function checkFeatures(bytes: Uint8Array): void {
  const module = wabt.readWasm(bytes, { ...ALLOWED, ...REFUSED });
  try {
    module.validate();
  } finally {
    module.destroy();
  }
}
