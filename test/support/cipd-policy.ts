import type { JsonObject, JsonValue } from "../../src/json.ts";

/** An instance ID of SHA-256. */
export const INSTANCE: string = "qUiQTy8PR5uPgZdpSzAYSw0u0cHNKh7A-4XSmaGSpEcC";

/** A pin of the package that {@link requiring} is about. */
export const PIN: JsonObject = { package: "shop/web", instanceId: INSTANCE };

/** Settings that require metadata. */
export const requiring = (...metadata: JsonValue[]): JsonObject => ({
  packages: [{ prefix: "shop", metadata }],
});
