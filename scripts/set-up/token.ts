/** Reads a pasted token; drops white space (a byte order mark too), quotes and the word Bearer around it. */
export function readToken(text: string): string {
  return text
    .trim()
    .replace(/^(["'])(.*)\1$/s, '$2')
    .replace(/^(authorization: *)?bearer +/i, '')
}
