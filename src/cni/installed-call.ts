import { VERSION } from "../version.ts";
import { answerCall, type CniCall, type CniReply } from "./call.ts";
import type { PluginUse } from "./plugin-table.ts";

/**
 * Answers a call of an installed plugin.
 *
 * @param acquire Called once where the plugin is needed at all; what it throws becomes the answer.
 */
export async function answerInstalled(
  call: CniCall,
  type: string,
  acquire: () => Promise<PluginUse>,
): Promise<CniReply> {
  let use: PluginUse | undefined;
  const load = async () => {
    use = await acquire();
    return use.network;
  };
  try {
    const about = `CNI plugin ${type}, WebAssembly run by cofferdam ${VERSION}`;
    return await answerCall(call, { type, about, load });
  } finally {
    await use?.release();
  }
}
