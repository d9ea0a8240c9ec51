import { chmod, copyFile, mkdir } from "node:fs/promises";
import { projectPath } from "../../support/paths.ts";
import type { Daemon } from "./daemon.ts";

/**
 * The keys and certificates of `test/fixture/tls`, where nobody else can write, which a clone's folder
 * need not be.
 *
 * @returns Where one of them is: `server.pem`.
 */
export async function tlsFiles(daemon: Daemon): Promise<(name: string) => string> {
  await mkdir(daemon.path("tls"));
  for (const name of ["ca.pem", "server.pem", "server.key", "client.pem", "client.key"]) {
    await copyFile(projectPath("test", "fixture", "tls", name), daemon.path("tls", name));
    await chmod(daemon.path("tls", name), 0o600);
  }
  return (name) => daemon.path("tls", name);
}
