/** A longer line is cut here. */
const MAX_LINE_BYTES = 8 * 1024;

/** What one call may write; each line counts for a little more than its bytes. */
const MAX_BYTES = 1024 * 1024;

/** The share of a line for its own handling. */
const LINE_BYTES = 64;

const NEWLINE = 0x0a;

/**
 * Makes lines of what a guest writes byte by byte, as UTF-8; what is not UTF-8 becomes U+FFFD. Takes a
 * bounded amount and then says once that the rest is dropped.
 */
export class LineLog {
  readonly #emit: (line: string) => void;
  readonly #line = new Uint8Array(MAX_LINE_BYTES);
  #length = 0;
  #left = MAX_BYTES;
  #dropped = false;

  /** @param emit Takes each line, without its end. */
  constructor(emit: (line: string) => void) {
    this.#emit = emit;
  }

  /** Takes bytes; copies them. */
  write(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (this.#left <= 0) return this.#drop();
      this.#left--;
      if (byte === NEWLINE) this.#end();
      else {
        if (this.#length === MAX_LINE_BYTES) this.#cut();
        this.#line[this.#length++] = byte;
      }
    }
  }

  /** Gives out a line that has no end yet. */
  flush(): void {
    if (this.#length > 0) this.#end();
  }

  /** Ends a line that is full before its last character, which may not be whole yet. */
  #cut(): void {
    let keep = MAX_LINE_BYTES - 1;
    while (keep > MAX_LINE_BYTES - 4 && isContinuation(this.#line[keep]!)) keep--;
    const rest = this.#line.slice(keep);
    this.#length = keep;
    this.#end();
    this.#line.set(rest);
    this.#length = rest.length;
  }

  #end(): void {
    const text = UTF8.decode(this.#line.subarray(0, this.#length));
    this.#length = 0;
    this.#left -= LINE_BYTES;
    this.#emit(text);
  }

  #drop(): void {
    if (this.#dropped) return;
    this.#dropped = true;
    this.flush();
    this.#emit("(what follows is dropped: one call may write about a megabyte)");
  }
}

const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** True for a byte that is not the first of a character. @see RFC 3629 */
function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
