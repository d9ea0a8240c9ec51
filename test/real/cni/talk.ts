/**
 * Two ends of a conversation, for two network namespaces. `serve PORT` says `ready` and answers every line
 * that it hears with `heard: …`; `say HOST PORT WORD` prints the answer.
 */
import { connect, createServer } from "node:net";
import process from "node:process";

const [role, ...args] = process.argv.slice(2);
if (role === "serve") {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (line) => socket.end(`heard: ${line}`));
  });
  server.listen(Number(args[0]), "0.0.0.0", () => console.log("ready"));
} else {
  const [host = "", port, word] = args;
  const socket = connect(Number(port), host, () => socket.write(`${word}\n`));
  socket.setTimeout(5_000, () => socket.destroy(new Error("nobody answers")));
  socket.on("data", (answer) => process.stdout.write(answer));
  socket.on("error", ({ message }) => {
    console.log(message);
    process.exitCode = 1;
  });
}
