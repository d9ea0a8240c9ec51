import { setMaxListeners } from "node:events";

/** A controller that any number may listen to; Node would warn of a leak beyond ten. */
export function createSharedController(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}
