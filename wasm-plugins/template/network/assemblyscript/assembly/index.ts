import { NetworkAnswer, NetworkRequest, serveNetwork } from "cofferdam/assembly/network";
import { quote } from "cofferdam/assembly/verdict";

export { cofferdam_input, cofferdam_output } from "cofferdam/assembly/extism";

/** A chained plugin: it makes nothing, and hands on what the plugins before it made. */
export function network_add(): i32 {
  return serveNetwork((request: NetworkRequest, answer: NetworkAnswer) => {
    if (!mayJoin(request, answer)) return;
    if (request.prevResult.exists) answer.result(request.prevResult);
    else answer.fail(7, "nothing to hand on", "this plugin stands behind one that attaches");
  });
}

export function network_check(): i32 {
  return serveNetwork((request: NetworkRequest, answer: NetworkAnswer) => {
    mayJoin(request, answer);
  });
}

/** Whoever may not join may always leave. */
export function network_del(): i32 {
  return serveNetwork((_request: NetworkRequest, _answer: NetworkAnswer) => {});
}

function mayJoin(request: NetworkRequest, answer: NetworkAnswer): bool {
  const name = request.config.get("name").str();
  const networks = request.settings.get("networks");
  for (let item = networks.first(); item.exists; item = item.next()) {
    if (item.str() == name) return true;
  }
  answer.fail(100, `no container may join the network ${quote(name)}`, "");
  return false;
}
