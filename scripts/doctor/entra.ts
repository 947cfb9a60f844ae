import { randomBytes } from 'node:crypto'
import type { Blueprint } from '../../services/agent/src/identity/agent-identity.ts'
import { problem } from '../../services/agent/src/problems.ts'
import { ask, readCode } from './ask.ts'
import type { Check } from './finding.ts'
import { trouble } from './problems.ts'

const doubtfulMs = 60_000
const tooMuchMs = 300_000

/** Whether Entra can be reached and has the tenant, and whether its clock and this machine's agree. */
export function entraChecks(blueprint: Blueprint): readonly Check[] {
  let asked: Promise<Response> | undefined
  const discovery = () => {
    asked ??= ask(`${blueprint.authority}/${blueprint.tenantId}/v2.0/.well-known/openid-configuration`)
    return asked
  }
  return [
    { name: 'Entra', run: async () => checkTenant(blueprint, await discovery()) },
    { name: 'clock', needs: ['Entra'], run: async () => checkClock(await discovery()) },
  ]
}

async function checkTenant({ authority, tenantId }: Blueprint, response: Response): Promise<string> {
  const text = await response.text()
  if (!response.ok) {
    const code = readCode(text)
    if (code === undefined || response.status >= 500)
      throw problem('ENTRA_UNAVAILABLE', `${authority} responded ${response.status}.`)
    throw problem('ENTRA_REFUSED', `Entra knows no tenant ${tenantId} (${code}).`, {
      hint: 'Check TENANT_ID, and ENTRA_AUTHORITY if the tenant is in a sovereign cloud.',
    })
  }
  const { issuer } = parseObject(text)
  if (issuer === undefined)
    throw problem('ENTRA_UNAVAILABLE', `What responds at ${authority} is not Entra: ${describe(response)}.`, {
      hint: 'A proxy, or the sign-in page of a network (captive portal), stands in between: open a web page in a browser, set HTTPS_PROXY where a proxy is the way out, and check ENTRA_AUTHORITY.',
    })
  const expected = `${authority}/${tenantId}/v2.0`
  if (issuer !== expected)
    throw trouble(
      'CONFIGURATION_INVALID',
      `Entra’s issuer is ${issuer}, not ${expected}.`,
      'Check ENTRA_AUTHORITY.',
    )
  return `${authority} knows the tenant ${tenantId}.`
}

async function checkClock(response: Response) {
  const date = Date.parse(response.headers.get('date') ?? '')
  const differenceMs = Math.abs(date - Date.now())
  if (Number.isNaN(differenceMs)) return trouble('NOT_CHECKED', 'Entra’s response has no date.')
  const minutes = Math.round(differenceMs / 60_000)
  const finding = trouble('CLOCK_WRONG', `The clocks of this machine and of Entra differ by ${minutes} min.`)
  if (differenceMs > tooMuchMs) throw finding
  return differenceMs > doubtfulMs ? finding : 'The clocks of this machine and of Entra agree.'
}

/** Whether users can sign in from the page: its origin, and what Entra knows of it. */
export function signInChecks(
  blueprint: Blueprint,
  { spaClientId, page }: { readonly spaClientId: string | undefined; readonly page: string },
): readonly Check[] {
  return [
    {
      name: 'page',
      async run() {
        const { protocol, hostname } = new URL(page)
        if (protocol !== 'https:' && !/(^|\.)localhost$|^127\.0\.0\.1$|^\[::1\]$/.test(hostname))
          throw trouble('PAGE_ORIGIN_INSECURE', `${page} is neither https nor localhost.`)
        return `${page} is secure enough for sign-in.`
      },
    },
    {
      name: 'redirect URI',
      needs: ['Entra'],
      async run() {
        if (spaClientId === undefined)
          return problem('SIGN_IN_NOT_CONFIGURED', 'CLIENT_SPA_APP_ID is not set.')
        return checkRedirectUri(blueprint, spaClientId, `${page}/auth/redirect.html`)
      },
    },
  ]
}

/**
 * Asks Entra for a silent sign-in without a user: it shows faults of the client on a page of its own, and redirects for
 * everything else.
 */
async function checkRedirectUri(
  { authority, tenantId, blueprintAppId }: Blueprint,
  spaClientId: string,
  redirectUri: string,
): Promise<string> {
  const query = new URLSearchParams({
    client_id: spaClientId,
    response_type: 'code',
    response_mode: 'fragment',
    redirect_uri: redirectUri,
    scope: `api://${blueprintAppId}/access_as_user openid`,
    prompt: 'none',
    code_challenge: randomBytes(32).toString('base64url'),
    code_challenge_method: 'S256',
  })
  const response = await ask(`${authority}/${tenantId}/oauth2/v2.0/authorize?${query}`)
  const location = response.headers.get('location')
  const sentBack = location?.startsWith(redirectUri)
  const said = sentBack ? new URLSearchParams(location?.split('#')[1]) : undefined
  const code = readCode(said?.get('error_description') ?? (await response.text()))
  if (code === 'AADSTS50011')
    throw trouble('REDIRECT_URI_NOT_REGISTERED', `Entra does not know ${redirectUri} for the page (${code}).`)
  if (code === 'AADSTS700016')
    throw trouble(
      'CONFIGURATION_INVALID',
      `Entra knows no application ${spaClientId} (${code}).`,
      'Check CLIENT_SPA_APP_ID, and that the application has a service principal in the tenant (Enterprise applications).',
    )
  const isOnlyNobody = ['login_required', 'interaction_required'].includes(said?.get('error') ?? '')
  if (!sentBack || !isOnlyNobody)
    throw problem(
      'ENTRA_REFUSED',
      `Entra does not let the page ask for the blueprint’s access_as_user (${code ?? 'without a code'}).`,
      {
        hint: 'Check BLUEPRINT_APP_ID, its identifier URI api://<BLUEPRINT_APP_ID>, and that its scope access_as_user is there and enabled.',
      },
    )
  return `${redirectUri} is registered. Whether users have to consent shows only when one signs in; npx --no-install agentctl entra status compares it.`
}

export function describe(response: { readonly headers: Headers }): string {
  return /html/i.test(response.headers.get('content-type') ?? '') ? 'a web page' : 'no document of its own'
}

function parseObject(text: string): { readonly issuer?: unknown } {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
