/** Words that name a credential, whatever stands beside them. */
const credentialWords = new Set([
  ...['password', 'passwords', 'passwd', 'pwd', 'passphrase', 'passcode', 'secret', 'secrets'],
  ...['credential', 'credentials', 'creds', 'cookie', 'cookies', 'jwt', 'jwts', 'bearer', 'authorization'],
  ...['apikey', 'apikeys', 'privatekey', 'otp', 'totp', 'mfa', 'pat', 'pats', 'sas'],
])

/** Words that name a credential together with the word after them. */
const credentialPairs = new Set([
  ...['api', 'access', 'private', 'account', 'shared', 'signing', 'encryption', 'subscription', 'master']
    .concat(['storage', 'ssh', 'auth', 'function', 'host'])
    .flatMap(kind => [`${kind} key`, `${kind} keys`]),
  ...['auth header', 'auth headers', 'auth code', 'auth data', 'auth string'],
  ...['session id', 'session ids', 'client assertion', 'saml assertion'],
  ...['connection string', 'connection strings'],
])

/** “Token” names a credential, unless one of these words shows that it is a page token, a number of tokens or a crypto token. */
const harmlessWithToken = new Set([
  ...['page', 'pagination', 'next', 'previous', 'prev', 'continuation', 'cursor', 'sync', 'delta', 'skip'],
  ...['max', 'min', 'count', 'limit', 'budget', 'number', 'num', 'total', 'usage', 'used', 'per'],
  ...['input', 'output', 'prompt', 'completion', 'symbol', 'address', 'contract'],
])
const harmfulWithToken = new Set(['access', 'api', 'auth', 'id', 'refresh', 'security', 'session', 'user'])

/** Names of credentials that are written as one word, such as `accesstoken`. */
const joinedCredentialName =
  /^(?:.*(?:access|api|auth|bearer|github|id|refresh|security|session)tokens?|.*(?:authorization|passw(?:or)?d|passphrase|secret|apikeys?|privatekey|credentials?)|authheader|clientassertion|connectionstring|sasurl|sessioncookie|sessionid)$/

/** Whether an argument of this name asks for a credential. No server needs one from the model. */
export function namesCredential(name: string): boolean {
  const words = splitWords(name)
  return (
    words.some(word => credentialWords.has(word)) ||
    words.some((word, index) => credentialPairs.has(`${word} ${words[index + 1]}`)) ||
    words.at(-1) === 'auth' ||
    namesToken(words) ||
    joinedCredentialName.test(words.join(''))
  )
}

function namesToken(words: readonly string[]): boolean {
  if (!words.includes('token') && !words.includes('tokens')) return false
  return words.some(word => harmfulWithToken.has(word)) || !words.some(word => harmlessWithToken.has(word))
}

/** The words of `camelCase`, `snake_case`, `kebab-case`, `HTTPHeader` and `name2`, in lower case. */
function splitWords(name: string): readonly string[] {
  return (name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? []).map(word => word.toLowerCase())
}
