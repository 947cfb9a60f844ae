/** What one chat request may hold at most. Apart from the schemas, so that the page can know it without them. */
export const chatLimits = {
  messageCharacters: 4_000,
  historyEntries: 20,
  historyCharacters: 16_000,
  bodyBytes: 64 * 1024,
} as const
