import { connect } from "node:net";

/** Nobody who listens takes longer to be there, in milliseconds. */
const CONNECT_MS = 2_000;

/**
 * Whether it is sure that nobody listens: a connection is refused at once. Who is merely busy, or not to
 * be reached, may be there.
 */
export function isRefused(
  address: { readonly path: string } | { readonly host: string; readonly port: number },
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect("path" in address ? { path: address.path } : address);
    const end = (refused: boolean) => {
      socket.destroy();
      resolve(refused);
    };
    socket.setTimeout(CONNECT_MS, () => end(false));
    socket.on("connect", () => end(false));
    socket.on("error", (error: { code?: string }) => end(error.code === "ECONNREFUSED"));
  });
}
