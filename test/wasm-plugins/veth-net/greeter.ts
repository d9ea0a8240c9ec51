/**
 * What is run in a network namespace: `greeter server` greets who connects, from the address that it
 * sees; `greeter ADDRESS` prints that greeting.
 */
import { createConnection, createServer } from "node:net";
import process from "node:process";

const PORT = 7_007;

const [role = ""] = process.argv.slice(2);
if (role === "server") {
  const server = createServer((socket) => {
    socket.end(`hello ${socket.remoteAddress?.replace("::ffff:", "")}`);
  });
  server.listen(PORT, "::", () => console.log("listening"));
} else {
  const socket = createConnection({ host: role, port: PORT });
  socket.on("data", (data) => process.stdout.write(data));
  socket.on("error", (error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
