let lastMs = Number.NaN
let lastText = ''

/** The time as ISO 8601. Keeps the last text, since a turn asks several times in the same millisecond. */
export function nowAsText(): string {
  const ms = Date.now()
  if (ms !== lastMs) {
    lastMs = ms
    lastText = new Date(ms).toISOString()
  }
  return lastText
}
