/** Reads a pasted token; drops a byte order mark, quotes and the word Bearer around it. */
export function readToken(text: string): string {
  return text
    .replace(/^\ufeff/, '')
    .trim()
    .replace(/^(["'])(.*)\1$/s, '$2')
    .replace(/^(authorization: *)?bearer +/i, '')
}
