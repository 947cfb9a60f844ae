/** The time as ISO 8601. */
export function nowAsText(): string {
  return new Date().toISOString()
}
