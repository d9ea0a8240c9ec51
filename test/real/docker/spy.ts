/**
 * Stands between a Docker daemon and a plugin and prints a line of JSON for each call, `[path, body]`.
 * Arguments: the socket on which it listens, and the plugin's.
 */
import { createServer, type IncomingMessage, request } from "node:http";
import process from "node:process";

const [listens, plugin] = process.argv.slice(2) as [string, string];

const server = createServer((asked, answer) => {
  void (async () => {
    const body = await read(asked);
    console.log(JSON.stringify([asked.url, body]));
    const { headers: { host: _host, ...headers } } = asked;
    const call = request({ socketPath: plugin, path: asked.url, method: "POST", headers });
    call.on("response", async (response) => {
      const text = await read(response);
      answer.writeHead(response.statusCode!, { "Content-Type": "application/json" }).end(text);
    });
    call.on("error", () => answer.destroy());
    call.end(body);
  })();
});
server.keepAliveTimeout = 0;
server.listen(listens, () => console.log('["listening"]'));

async function read(message: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of message.setEncoding("utf8")) text += part;
  return text;
}
