import * as wellKnown from '@entra-agents/trace/well-known'
import { decodeJwt } from 'jose'
import { graphRoleId } from '../directory/microsoft.ts'
import { readRedirect } from './browser.ts'
import { seedIds } from './seed-ids.ts'
import {
  agentId,
  blueprintAppId,
  spaAppId,
  type TestEntra,
  type TokenResponse,
  tenantId,
  weatherAppId,
} from './start-entra.ts'

type Requests<Result> = Readonly<Record<string, () => Promise<Result>>>

/** What each request leads to, one line a request: the status, and Entra's or Graph's words. The emulator is reset before each. */
export function describeResponses(entra: TestEntra, requests: Requests<TokenResponse>): Promise<string> {
  return describeEach(entra, requests, async ({ status, body }) => `${status} ${describeBody(body)}`.trim())
}

/** What each request to a page leads to: a page with an error, a redirect with its parameters, or another page. */
export function describeVisits(entra: TestEntra, requests: Requests<Response>): Promise<string> {
  return describeEach(entra, requests, async response => {
    const { code, client_info, session_state, ...parameters } = readRedirect(response)
    const location = response.headers.get('location')
    if (location === null) return `page ${response.status} ${firstLine(findError(await response.text()))}`
    const words = Object.entries({ ...(code && { code: '…' }), ...parameters })
    return [location.split(/[#?]/)[0], ...words.map(([name, value]) => `${name}=${firstLine(value)}`)].join(
      ' ',
    )
  })
}

const ids = {
  tenant: tenantId,
  blueprint: blueprintAppId,
  agent: agentId,
  'agent’s user': seedIds.agentUser,
  'weather API': weatherAppId,
  page: spaAppId,
  Ada: seedIds.ada,
  Ben: seedIds.ben,
  'blueprint’s principal': seedIds.blueprintPrincipal,
  'page’s principal': seedIds.spaPrincipal,
  'weather API’s application': seedIds.weatherApplication,
  'weather API’s principal': seedIds.weatherPrincipal,
  'Graph’s principal': seedIds.graphPrincipal,
  group: seedIds.group,
  Graph: wellKnown.graphAppId,
  'User.ReadBasic.All': graphRoleId('User.ReadBasic.All'),
  unknown: '99999999-9999-4999-8999-999999999999',
}

/** The text with names in the place of ids and of what differs from run to run. */
export function nameIds(entra: TestEntra, text: string): string {
  return Object.entries({ ...ids, entra: entra.url })
    .reduce((named, [name, id]) => named.replaceAll(id, `<${name}>`), text)
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ/g, '<time>')
    .replaceAll(/'(?:[\w-]{27}|[\w-]{43})'/g, "'<key>'")
}

/** The text with ids in the place of their names, such as `<agent>`. */
export function insertIds(text: string): string {
  return Object.entries(ids).reduce((full, [name, id]) => full.replaceAll(`<${name}>`, id), text)
}

async function describeEach<Result>(
  entra: TestEntra,
  requests: Requests<Result>,
  describe: (result: Result) => Promise<string>,
): Promise<string> {
  const lines: string[] = []
  for (const [what, send] of Object.entries(requests)) {
    entra.entra.reset()
    lines.push(`${what}: ${await describe(await send())}`)
  }
  return nameIds(entra, `${lines.join('\n')}\n`)
}

/** The claims of tokens, one line a token, with the lifetime in the place of times. Of random claims there is only the name. */
export function describeTokens(entra: TestEntra, tokens: Readonly<Record<string, string>>): string {
  const lines = Object.entries(tokens).map(([what, token]) => {
    const { iat = 0, nbf, exp = 0, ...claims } = decodeJwt(token)
    const words = Object.entries(claims).map(([name, value]) =>
      randomClaims.includes(name)
        ? name
        : `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    )
    return [`${what}:`, `${exp - iat} s`, ...(nbf === iat ? [] : [`nbf=${nbf}`]), ...words].join(' ')
  })
  return nameIds(entra, `${lines.join('\n')}\n`)
}

const randomClaims = ['aio', 'rh', 'sid', 'uti', 'xms_ftd']

/** Entra's or Graph's words in the body of a refusal, or a problem's; empty for other bodies. */
export function describeBody(body: TokenResponse['body']): string {
  const { error, error_description, suberror, claims, detail = '' } = body ?? {}
  if (typeof error === 'object') return `${error.code}: ${error.message}`
  if (error === undefined) return detail
  return [error, suberror, firstLine(error_description), claims].filter(Boolean).join(' | ')
}

const firstLine = (text: string) => text.split('\r\n', 1)[0] ?? ''

/** The refusal that a page shows, or else the page's heading. */
function findError(html: string): string {
  return (/AADSTS\d+: [^<]*/.exec(html) ?? /(?<=<h1>)[^<]*/.exec(html))?.[0].replaceAll('&#39;', "'") ?? ''
}
