import { FUNCTION_NAMES } from "../../capability/function-names.ts";

/** Entry points that one plugin may have: as many functions stand ready in the engine's module. */
export const ENTRY_SLOTS = 64;

/** Imports that stand ready for the functions of capabilities: as many as there are. */
export const CAPABILITY_SLOTS: number = Object.values(FUNCTION_NAMES).flat().length;
