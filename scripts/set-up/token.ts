/** Reads a token as people paste it: without a byte order mark, quotes and the word Bearer around the token. */
export function readToken(text: string): string {
  return text
    .replace(/^\ufeff/, '')
    .trim()
    .replace(/^(["'])(.*)\1$/s, '$2')
    .replace(/^(authorization: *)?bearer +/i, '')
}
