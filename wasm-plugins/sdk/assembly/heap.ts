/**
 * Hands memory back in bulk. The kit compiles against AssemblyScript's `stub` runtime, which only
 * ever moves a pointer forward: right for a call of microseconds, but a long list would fill the
 * memory with what was only needed for one of its items.
 */

// 0 is `stub`: the others keep their blocks differently.
if (ASC_RUNTIME != 0) ERROR('wanted the option "--runtime stub"');

/** Size of the header before a block; the first word of it is the block's payload size. */
const BLOCK_OVERHEAD: usize = 4;

/** The heap as it is now, for `releaseHeap`. */
export function markHeap(): usize {
  return heap.alloc(0);
}

/** Frees everything that was allocated since `mark`; nothing may point there any more. */
export function releaseHeap(mark: usize): void {
  // The runtime frees a block that is the last one, so the mark is made to reach to the end.
  const last = heap.alloc(0);
  store<u32>(mark - BLOCK_OVERHEAD, <u32> (last - mark) + load<u32>(last - BLOCK_OVERHEAD));
  heap.free(mark);
}
