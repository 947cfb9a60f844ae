let last = { ms: 0, text: '' }

/** The time as ISO 8601. A millisecond is spelt once: a turn asks several times in each, and spelling is slow. */
export function nowAsText(): string {
  const ms = Date.now()
  if (ms !== last.ms) last = { ms, text: new Date(ms).toISOString() }
  return last.text
}
