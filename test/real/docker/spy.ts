/**
 * Stands between a Docker daemon and a plugin and prints a line of JSON for each call, `[path, body]`.
 * Arguments: the socket on which it listens, and the plugin's. A method on stdin has it keep the answers
 * to that one, of which it prints `["held"]`, until an empty line: it then hangs up on who waits for them.
 */
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import process from "node:process";
import { createInterface } from "node:readline";

const [listens, plugin] = process.argv.slice(2) as [string, string];

let method = "";
const held: ServerResponse[] = [];

const server = createServer((asked, answer) => {
  void (async () => {
    const body = await read(asked);
    console.log(JSON.stringify([asked.url, body]));
    const { headers: { host: _host, ...headers } } = asked;
    const call = request({ socketPath: plugin, path: asked.url, method: "POST", headers });
    call.on("response", async (response) => {
      const text = await read(response);
      if (method !== "" && asked.url!.endsWith(method)) {
        held.push(answer);
        return console.log('["held"]');
      }
      answer.writeHead(response.statusCode!, { "Content-Type": "application/json" }).end(text);
    });
    call.on("error", () => answer.destroy());
    call.end(body);
  })();
});
server.keepAliveTimeout = 0;
server.listen(listens, () => console.log('["listening"]'));

createInterface(process.stdin).on("line", (line) => {
  method = line;
  if (line === "") { for (const answer of held.splice(0)) answer.destroy(); }
});

async function read(message: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of message.setEncoding("utf8")) text += part;
  return text;
}
