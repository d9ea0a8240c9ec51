import { ERRNO, type WasiMemory, WasiRefusal } from "./wasi-memory.ts";

/** What a guest may wait for in one call. */
const MAX_SUBSCRIPTIONS = 1_024;

const SUBSCRIPTION_SIZE = 48;
const EVENT_SIZE = 32;

const CLOCK = 0;
const FD_READ = 1;
const FD_WRITE = 2;

const ABSOLUTE_TIME = 1;
const HANGUP = 1;

/** The clocks that preview 1 has: real time, monotonic, and two of processor time. */
const CLOCKS = 4;

const LATEST = 2n ** 64n - 1n;

/**
 * The time of one call. It stands still while the guest computes and jumps forward while it sleeps:
 * were it to stand still there as well, a guest that sleeps until a moment (Go's `time.Sleep`) would
 * never wake up.
 */
export class WasiClock {
  #now: bigint;

  /** @param now Nanoseconds since 1970. */
  constructor(now: bigint) {
    // Not 0: Go's runtime takes a clock that shows it for a broken one, and ends.
    this.#now = now < 1n ? 1n : now < LATEST ? now : LATEST;
  }

  /** What every clock shows, in nanoseconds. */
  read(id: number): bigint {
    if (id >>> 0 >= CLOCKS) throw new WasiRefusal(ERRNO.inval);
    return this.#now;
  }

  /** Lets time pass until `moment`, unless that is over. */
  sleepUntil(moment: bigint): void {
    if (moment > this.#now) this.#now = moment;
  }
}

interface Subscription {
  readonly userdata: bigint;
  readonly tag: number;
  readonly errno: number;
  /** When it happens; what is not a clock is ready at once. */
  readonly due: bigint;
}

/**
 * `poll_oneoff`: reports at once what the guest would wait for first, and lets the time until then
 * pass. Streams are always ready, and reading finds their end.
 *
 * @param isOpen Whether a stream can be read or written.
 * @param charge Takes fuel for each subscription.
 */
export function pollOneoff(
  memory: WasiMemory,
  clock: WasiClock,
  isOpen: (fd: number, forWriting: boolean) => boolean,
  charge: (units: number) => void,
  [input, output, count, eventCount]: readonly [number, number, number, number],
): void {
  const length = count >>> 0;
  if (length === 0 || length > MAX_SUBSCRIPTIONS) throw new WasiRefusal(ERRNO.inval);
  charge(length * SUBSCRIPTION_SIZE);
  memory.bytes(output, length * EVENT_SIZE);
  memory.bytes(eventCount, 4);
  const view = memory.view(input, length * SUBSCRIPTION_SIZE);
  // All are read before any event is written: the guest may give one place for both.
  const subscriptions = Array.from(
    { length },
    (_, index) => readSubscription(view, index * SUBSCRIPTION_SIZE, clock, isOpen),
  );
  const first = subscriptions.reduce((least, { due }) => due < least ? due : least, LATEST);
  clock.sleepUntil(first);
  const now = clock.read(0);
  const events = subscriptions.filter(({ due }) => due <= now);
  const target = memory.view(output, events.length * EVENT_SIZE);
  events.forEach(({ userdata, errno, tag }, index) => {
    const at = index * EVENT_SIZE;
    new Uint8Array(target.buffer, target.byteOffset + at, EVENT_SIZE).fill(0);
    target.setBigUint64(at, userdata, true);
    target.setUint16(at + 8, errno, true);
    target.setUint8(at + 10, tag);
    if (tag === FD_READ && errno === ERRNO.success) target.setUint16(at + 24, HANGUP, true);
  });
  memory.view(eventCount, 4).setUint32(0, events.length, true);
}

function readSubscription(
  view: DataView,
  at: number,
  clock: WasiClock,
  isOpen: (fd: number, forWriting: boolean) => boolean,
): Subscription {
  const userdata = view.getBigUint64(at, true);
  const tag = view.getUint8(at + 8);
  const ready = (errno: number): Subscription => ({ userdata, tag, errno, due: 0n });
  if (tag === FD_READ || tag === FD_WRITE) {
    const fd = view.getUint32(at + 16, true);
    return ready(isOpen(fd, tag === FD_WRITE) ? ERRNO.success : ERRNO.badf);
  }
  if (tag !== CLOCK) throw new WasiRefusal(ERRNO.inval);
  const id = view.getUint32(at + 16, true);
  if (id >= CLOCKS) return ready(ERRNO.inval);
  const timeout = view.getBigUint64(at + 24, true);
  const isAbsolute = (view.getUint16(at + 40, true) & ABSOLUTE_TIME) !== 0;
  const due = isAbsolute ? timeout : clock.read(id) + timeout;
  return { userdata, tag, errno: ERRNO.success, due: due < LATEST ? due : LATEST };
}
