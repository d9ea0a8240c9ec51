/** How many actions are left, and when that was counted. */
export interface TokenBucket {
  readonly tokens: number;
  /** Milliseconds of whatever clock fills it. */
  readonly at: number;
}

/** What {@link takeToken} made of a bucket. */
export interface Taken {
  /** Whether there was a token. */
  readonly ok: boolean;
  /** To be kept also where there was none: it may have been counted at a time to come. */
  readonly bucket: TokenBucket;
}

/**
 * Takes one token. A bucket holds what comes in in one second, and is filled evenly; a clock that was
 * set back adds nothing, and the bucket is filled from there on.
 *
 * @param bucket undefined for a full one.
 */
export function takeToken(
  bucket: TokenBucket | undefined,
  now: number,
  perSecond: number,
): Taken {
  const since = bucket === undefined ? 0 : Math.max(0, now - bucket.at);
  const filled = (bucket?.tokens ?? perSecond) + (since * perSecond) / 1_000;
  const tokens = Math.min(perSecond, filled);
  if (tokens >= 1) return { ok: true, bucket: { tokens: tokens - 1, at: now } };
  const isAhead = bucket === undefined || bucket.at > now;
  return { ok: false, bucket: isAhead ? { tokens, at: now } : bucket };
}
