/** Limits of one chat request. They are in a file without schemas, so that the page can import them alone. */
export const chatLimits = {
  messageCharacters: 4_000,
  historyEntries: 20,
  historyCharacters: 16_000,
  bodyBytes: 64 * 1024,
  /** A sealed turn. */
  continuationCharacters: 640 * 1024,
  /** Limit for continuing a turn: the request holds the sealed turn and the history. */
  continueBodyBytes: 768 * 1024,
} as const

/** Counts code points, without making an array: the result of a tool may have millions. */
export function countCharacters(text: string): number {
  let characters = 0
  for (const _character of text) characters += 1
  return characters
}
