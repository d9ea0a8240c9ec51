import { objects } from "./intrinsics.ts";
const NO_WAITING = "a call runs to its end, nothing in it waits";
const NO_NETWORK = "a plugin has no network; facts from outside come by evidence or capabilities";
const NO_RUNTIME = "a plugin runs neither on Node nor on Deno; what it may know is in the request";

/** Globals of browsers or of Node that are not there, and what to do instead. */
export const MISSING_GLOBALS: Readonly<Record<string, string>> = {
  Intl: "the engine has no Intl: format by hand, compare with < and >",
  setTimeout: NO_WAITING,
  setInterval: NO_WAITING,
  setImmediate: NO_WAITING,
  clearTimeout: NO_WAITING,
  clearInterval: NO_WAITING,
  requestAnimationFrame: NO_WAITING,
  fetch: NO_NETWORK,
  XMLHttpRequest: NO_NETWORK,
  WebSocket: NO_NETWORK,
  Request: NO_NETWORK,
  Response: NO_NETWORK,
  Headers: NO_NETWORK,
  AbortController: NO_WAITING,
  AbortSignal: NO_WAITING,
  URL: "the engine has no URL: bundle an npm package that parses URLs, or use a regular expression",
  URLSearchParams: "the engine has no URLSearchParams: split the query by hand",
  crypto: "the engine has no crypto: digests come with the request; bundle an npm package to hash",
  performance: "a plugin has no clock but request.now",
  TextEncoder: "the engine has no TextEncoder: bundle an npm package for it",
  TextDecoder: "the engine has no TextDecoder: bundle an npm package for it",
  structuredClone:
    "the engine has no structuredClone: JSON.parse(JSON.stringify(value)) copies JSON",
  process: NO_RUNTIME,
  Buffer: `${NO_RUNTIME}; use Uint8Array`,
  require: "use import: the builder bundles what it names",
  module: "use import and export",
  __dirname: NO_RUNTIME,
  __filename: NO_RUNTIME,
  global: "use globalThis",
  window: "use globalThis",
  self: "use globalThis",
  document: "a plugin does not run in a browser",
  Deno: NO_RUNTIME,
  WebAssembly: "the engine runs within WebAssembly and cannot start more of it",
  Worker: "a plugin is one thread",
};

/** What to do about a ReferenceError of QuickJS: `Intl is not defined`. */
export function hintFor(message: string): string | undefined {
  const name = /^'?([\w$]+)'? is not defined/.exec(message)?.[1];
  return name !== undefined && objects.hasOwn(MISSING_GLOBALS, name)
    ? MISSING_GLOBALS[name]
    : undefined;
}
