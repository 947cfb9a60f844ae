/** A token as people paste it: a mark of its encoding, quotes and the word Bearer are no part of it. */
export function readToken(text: string): string {
  return text
    .replace(/^\ufeff/, '')
    .trim()
    .replace(/^(["'])(.*)\1$/s, '$2')
    .replace(/^(authorization: *)?bearer +/i, '')
}
