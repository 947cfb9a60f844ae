/** Reads a pasted token, or the JSON that `az` prints; drops white space (a byte order mark too), quotes and the word Bearer around it. */
export function readToken(text: string): string {
  const [, token = text] = /"accessToken"\s*:\s*"([^"]*)"/.exec(text) ?? []
  return token
    .trim()
    .replace(/^(["'])(.*)\1$/s, '$2')
    .replace(/^(authorization: *)?bearer +/i, '')
}
