import { randomBytes } from 'node:crypto'
import type { ProblemError } from '@entra-agents/service-kit'
import type { Send } from '@entra-agents/service-kit/send'
import { trouble } from '../problems.ts'
import { signInSilently } from '../sign-in.ts'
import { askForJson, quote } from './ask.ts'
import { apiOf, type Metadata } from './metadata.ts'

/** The hosts of Entra's clouds. No other authorization server is asked, since a foreign server names it. */
const hosts = /^https:\/\/login\.(microsoftonline\.(com|us)|partner\.microsoftonline\.cn)$/

/** Whether Entra issues the tokens as the metadata say, and what clients miss there. @param configured another origin of Entra */
export async function checkAuthority(
  send: Send,
  { authority }: Metadata,
  configured: string | undefined,
): Promise<string> {
  const { origin = '' } = URL.parse(authority) ?? {}
  if (!hosts.test(origin) && origin !== configured)
    throw trouble('NOT_CHECKED', `${quote(authority)} is not Entra, and was not asked.`, gatewayHint)
  const found = await askForJson(send, 'MCP_AUTHORITY', [`${authority}/.well-known/openid-configuration`])
  if (found['issuer'] !== authority)
    throw trouble('MCP_AUTHORITY', `The issuer of ${quote(authority)} is ${quote(String(found['issuer']))}.`)
  const wished = ['registration_endpoint', 'code_challenge_methods_supported']
  const lacking = wished.filter(name => !(name in found))
  return `${authority} issues the tokens. Clients that insist on ${lacking.join(' or ')} fail there.`
}

const gatewayHint =
  'If it is a gateway in front of Entra, look at its documentation; if it is Entra, set ENTRA_AUTHORITY.'

/** What Entra says at the sign-in, and at the first refresh, to the client of this id. */
export async function tryClient(
  client: string | undefined,
  { authority, resource, scopes }: Metadata,
): Promise<string | ProblemError> {
  if (!client) return trouble('NOT_CHECKED', 'No client was named.', 'Name one: --client <client id>')
  const { origin, pathname } = new URL(authority)
  const tenant = { authority: origin, tenantId: pathname.split('/')[1] ?? '' }
  const code = await signInSilently(tenant, 'http://localhost', {
    client_id: client,
    response_type: 'code',
    response_mode: 'query',
    scope: scopes.join(' '),
    resource,
    code_challenge: randomBytes(32).toString('base64url'),
    code_challenge_method: 'S256',
  })
  if (code === 'AADSTS9010010')
    throw trouble('MCP_RESOURCE', `Entra refuses ${quote(resource)} with these scopes (${code}).`)
  if (code !== undefined && code !== 'AADSTS50011')
    throw trouble('MCP_CLIENT', `Entra refuses what ${client} asks for (${code}).`)
  if (apiOf(scopes[0] ?? '').includes(client))
    return trouble(
      'MCP_REFRESH',
      `${client} is the API, too: a refresh without scope is refused (AADSTS90009).`,
    )
  return code
    ? trouble('MCP_CLIENT', `Entra knows no redirect URI http://localhost of ${client} (${code}).`)
    : `Entra lets ${client} ask for these scopes with this resource.`
}
