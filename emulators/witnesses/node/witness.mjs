import { readFileSync } from 'node:fs'

// The runner shows the last line of a program that fails, which has to say why.
process.on('uncaughtException', error => {
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
})

/** Ids, credentials and tokens by name, of the tenant that is asked. */
export const tenant = JSON.parse(readFileSync(process.argv[2], 'utf8'))

/** Thrown by calls that this tenant gives no means for, such as a control plane or a sign-in without a password. */
class NotPossible extends Error {}

const ids = Object.entries(tenant).filter(([, value]) =>
  /^[\w.-]+@[\w.-]+$|^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(value),
)

/** What came, with the names of the ids in their place, so that it reads the same for every tenant. */
const mask = text =>
  ids
    .reduce((shown, [name, id]) => shown.replaceAll(id, `{${name}}`), text)
    .replaceAll(/eyJ[\w.-]+/g, '{token}')
    .slice(0, 200)

const matches = (expected, got) =>
  expected.startsWith('/') ? new RegExp(expected.slice(1, -1)).test(got) : got === expected

/** Makes a call of this client, and prints a line of JSON for it. */
export const callsOf = client => async (name, expected, call) => {
  const got = await outcome(call, expected)
  const result = got === undefined ? 'not possible' : matches(expected, got) ? 'ok' : 'RED'
  process.stdout.write(`${JSON.stringify({ client, name, expected, got: got ?? '', result })}\n`)
}

async function outcome(call, expected) {
  try {
    return mask(describe(await call(), expected))
  } catch (error) {
    if (error instanceof NotPossible) return undefined
    const text = [
      error.name,
      error.errorCode,
      error.code,
      error.cause?.error_description,
      error.error_description,
      error.message,
    ].join(' ')
    return /AADSTS\d+/.exec(text)?.[0] ?? mask(text.replaceAll(/\s+/g, ' ').trim())
  }
}

/** Of an answer with a token, what the expected text names: claims and properties as `name=value`, or else only `token`. */
function describe(answer, expected) {
  const token = answer?.accessToken ?? answer?.access_token ?? answer?.token ?? answer
  if (!/^eyJ/.test(token)) return String(answer)
  const names = Array.from(expected.matchAll(/(\w+)=/g), ([, name]) => name)
  const known = { ...claimsOf(token), ...Object(answer), user: answer.account?.username }
  return names.map(name => `${name}=${known[name]}`).join(' ') || 'token'
}

export const claimsOf = jwt => JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url').toString())

export const scopeOf = (api, scope = '.default') => `api://${tenant[api] ?? api}/${scope}`

/** Ends a call that needs the emulator’s control plane, or its page without passwords, at a tenant that has none. */
export function requireControl() {
  if (!tenant.control) throw new NotPossible()
}

async function control(method, path, body) {
  requireControl()
  const response = await fetch(`${tenant.control}/${path}`, {
    method,
    ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}),
  })
  if (!response.ok) throw new Error(`control plane: ${await response.text()}`)
}

/** Makes a call while requests of one leg meet a fault. */
export async function withFault(leg, fault, call) {
  await control('PUT', 'faults', { faults: [{ target: { leg }, fault }] })
  try {
    return await call()
  } finally {
    await control('DELETE', 'faults')
  }
}

/** Makes a call while a setting has another value. */
export async function withSetting(name, value, usual, call) {
  await control('PATCH', 'settings', { [name]: value })
  try {
    return await call()
  } finally {
    await control('PATCH', 'settings', { [name]: usual })
  }
}

export const withClock = (seconds, call) => withSetting('clockOffsetSeconds', seconds, 0, call)

export const rotateKeys = () => control('POST', 'keys/rotate', { overlapSeconds: 3_600 })

/** Signs the user in at the emulator’s page, which asks for no password, and consents. Returns the last response. */
export async function signIn(address) {
  requireControl()
  let cookie = ''
  for (const fields of [{}, { consent: 'accept' }]) {
    const response = await fetch(address, {
      method: 'POST',
      redirect: 'manual',
      headers: { cookie },
      body: new URLSearchParams({ account: tenant.user, ...fields }),
    })
    cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie
    const html = await response.text()
    const location = response.headers.get('location')
    if (location) return new URL(location)
    if (/close this window/.test(html)) return undefined
    if (/<title>[^<]*error/i.test(html)) throw new Error(html.replaceAll(/<[^>]+>/g, ' '))
  }
  throw new Error('The sign-in page did not send the browser back.')
}

/** Signs in and returns the code that the application gets. */
export async function codeFor(address) {
  const back = await signIn(address)
  return new URLSearchParams(back.hash.slice(1) || back.search).get('code')
}
