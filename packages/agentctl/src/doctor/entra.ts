import { type Blueprint, identityProblem } from '@entra-agents/identity/core'
import { OnDemand, proxyProblem } from '@entra-agents/service-kit'
import type { Check } from './finding.ts'
import { nameOf } from './names.ts'
import { trouble } from './problems.ts'

const timeoutMs = 5_000
const warnAboveMs = 60_000
const failAboveMs = 300_000

/** Whether Entra can be reached and has the tenant, and whether its clock and this machine's agree. */
export function entraChecks(blueprint: Blueprint): readonly Check[] {
  const { authority, tenantId } = blueprint
  const discovery = new OnDemand(() =>
    getFromEntra(`${authority}/${tenantId}/v2.0/.well-known/openid-configuration`),
  )
  return [
    {
      name: 'Entra',
      needs: [nameOf(authority)],
      run: async () => checkTenant(blueprint, await discovery.get()),
    },
    { name: 'clock', needs: ['Entra'], run: async () => checkClock(await discovery.get()) },
  ]
}

async function checkTenant({ authority, tenantId }: Blueprint, response: Response): Promise<string> {
  if (!response.ok) {
    const code = readCode(await response.text())
    if (code === undefined || response.status >= 500)
      throw unavailable(authority, `responded ${response.status}`)
    throw identityProblem('ENTRA_REFUSED', `Entra knows no tenant ${tenantId} (${code}).`, {
      hint: 'Check TENANT_ID, and ENTRA_AUTHORITY if the tenant is in a sovereign cloud.',
    })
  }
  const { issuer } = (await response.json().catch(() => ({}))) as { readonly issuer?: unknown }
  const isPage = /html/i.test(response.headers.get('content-type') ?? '')
  if (issuer === undefined)
    throw identityProblem(
      'ENTRA_UNAVAILABLE',
      `What responds at ${authority} is not Entra: ${isPage ? 'a web page' : 'no document of its own'}.`,
      {
        hint: 'A proxy, or the sign-in page of a network (captive portal), stands in between: open a web page in a browser, set HTTPS_PROXY where a proxy is the way out, and check ENTRA_AUTHORITY.',
      },
    )
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
  if (differenceMs > failAboveMs) throw finding
  return differenceMs > warnAboveMs ? finding : 'The clocks of this machine and of Entra agree.'
}

/** Sends a GET request to Entra and follows no redirect. @throws ProblemError ENTRA_UNAVAILABLE */
export async function getFromEntra(url: string): Promise<Response> {
  try {
    return await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) })
  } catch (cause) {
    throw proxyProblem(cause, url) ?? unavailable(url, 'does not respond', cause)
  }
}

/** The agent's own hint is for Entra in the public cloud. */
function unavailable(url: string, says: string, cause?: unknown) {
  const { origin, host } = new URL(url)
  const hint = `Try again in a moment; if it stays, check ENTRA_AUTHORITY and the egress to ${host}.`
  return identityProblem('ENTRA_UNAVAILABLE', `${origin} ${says}.`, { cause, hint })
}

/** The code of Entra's refusal. */
export function readCode(text: string): string | undefined {
  return /AADSTS\d+/.exec(text)?.[0]
}
