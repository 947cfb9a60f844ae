import { decodeToken } from '@entra-agents/tokens/verify'
import { expect, test } from 'vitest'
import type { TokenOutcome } from './replay/entra-behaviour.ts'
import type { Json } from './replay/recording.ts'
import {
  agentQuery,
  autonomousPath,
  beginTrial,
  grantOf,
  ids,
  onBehalfOfPath,
  type Trial,
  type TrialOptions,
} from './replay/trial.ts'

interface Step {
  readonly path: string
  /** Passes before the call. */
  readonly afterSeconds?: number
  readonly headers?: Readonly<Record<string, string>>
  /** The claims in which a user's token for the blueprint differs from a right one. Without them, the call has no token. */
  readonly user?: Json
  /** Whether Entra signs the user's token with a new key, which it begins to publish. */
  readonly hasNewKey?: boolean
  readonly body?: string
}

interface Scenario extends TrialOptions {
  readonly steps: readonly Step[]
}

const correlationId = '12345678-1234-4234-8234-123456789012'
const traceId = '0af7651916cd43dd8448eb211c80319c'
const otherTenant = '99999999-2222-4333-8444-555555555555'
const account = '87654321-0000-4000-8000-00000000000d'
const accountPath = `/AuthorizationHeaderUnauthenticated/weather?${agentQuery}`
const withOption = (option: string, path = autonomousPath) =>
  `${path}&optionsOverride.AcquireTokenOptions.${option}`
const respond = (status: number, body: string, headers: Record<string, string> = {}) =>
  ({ kind: 'response', status, headers, body }) as const
const throttled = (retryAfter: string, status = 429) =>
  respond(status, '{"error":"throttled"}', { 'retry-after': retryAfter })
/** Entra's outcome for the first token request; the others get a token. */
const atFirst = (outcome: TokenOutcome) => (_form: URLSearchParams, number: number) =>
  number === 1 ? outcome : grantOf()
const onceRefreshed = (outcome: TokenOutcome) => (form: URLSearchParams) =>
  form.get('grant_type') === 'refresh_token' ? outcome : grantOf({ expiresInSeconds: 3600 })
/** Entra's outcome for TR; T1 is granted. */
const forTr = (outcome: TokenOutcome) => (form: URLSearchParams) =>
  form.has('fmi_path') ? grantOf() : outcome
const autonomous = { path: autonomousPath }
const forUser = { path: onBehalfOfPath, user: { uti: 'one' } }
const future = { nbf: 4_000_000_000, exp: 4_000_000_600 }
const downstream = (settings: Readonly<Record<string, string | null>>) => ({
  Sidecar__AllowOverrides__CallDownstreamApiUnauthenticated: 'true',
  ...settings,
})

// biome-ignore format: table
const scenarios: Readonly<Record<string, Scenario>> = {
  'tokens are handed out until five minutes before they expire': { outcome: () => grantOf({ expiresInSeconds: 3600 }), steps: [autonomous, { ...autonomous, afterSeconds: 3600 - 300 - 1 }, { ...autonomous, afterSeconds: 2 }] },
  'T1 is used until it expires, even in its last five minutes': { outcome: () => grantOf({ expiresInSeconds: 200 }), steps: [autonomous, autonomous, { ...autonomous, afterSeconds: 201 }] },
  'tokens on behalf of a user are kept for each Tc': { steps: [forUser, forUser, { ...forUser, user: { uti: 'other' } }, forUser] },
  'tokens on behalf of a user are kept only if the granted scopes include the requested one': { outcome: () => grantOf({ scope: 'Weather.Read' }), steps: [forUser, forUser] },
  'Retry-After in seconds holds for every agent of the blueprint': { outcome: atFirst(throttled('30')), steps: [autonomous, autonomous, { path: autonomousPath.replace('bbbbbbbb', 'ffffffff') }, { ...autonomous, afterSeconds: 29 }, { ...autonomous, afterSeconds: 2 }] },
  'Retry-After as a date never holds for more than an hour': { outcome: atFirst(throttled(new Date('2100-01-01').toUTCString())), steps: [autonomous, { ...autonomous, afterSeconds: 3599 }, { ...autonomous, afterSeconds: 2 }] },
  'Retry-After on a 5xx prevents the second attempt': { outcome: () => throttled('5', 503), steps: [autonomous] },
  'a refusal that is no JSON, with status 429': { outcome: () => respond(429, '<html>'), steps: [autonomous] },
  'a refusal that is no JSON, with status 400': { outcome: () => respond(400, '<html>'), steps: [autonomous] },
  'a caller’s token that never expires': { steps: [{ ...forUser, user: { exp: undefined } }] },
  'a caller’s token that is not valid yet': { steps: [{ ...forUser, user: future }] },
  'a caller’s token that names no tenant': { steps: [{ ...forUser, user: { tid: undefined } }] },
  'a caller’s token without an audience': { steps: [{ ...forUser, user: { aud: [] } }] },
  'a caller’s token that does not say its version': { steps: [{ ...forUser, user: { ver: undefined } }] },
  'configured audiences replace the default one': { environment: { AzureAd__Audiences__0: 'api://weather-agent' }, steps: [{ ...forUser, user: { aud: 'api://weather-agent' } }, { ...forUser, user: { aud: ids.blueprint } }] },
  'a caller’s token signed with a new key of Entra': { steps: [forUser, { ...forUser, hasNewKey: true }, { ...forUser, hasNewKey: true }] },
  'AzureAd__Scopes is one scope, even if the text contains a blank': { environment: { AzureAd__Scopes: 'access_as_user other' }, steps: [{ path: '/Validate', user: { scp: 'access_as_user other' } }] },
  'another tenant, for both legs': { steps: [{ path: withOption(`Tenant=${otherTenant}`) }] },
  'a tenant by a name that stands for several': { steps: [{ path: withOption('Tenant=common') }] },
  'a correlation id; the caller’s trace goes on': { steps: [{ path: withOption(`CorrelationId=${correlationId}`), headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` } }] },
  'scopes by several parameters in capital or small letters': { steps: [{ ...forUser, path: `${onBehalfOfPath}&OPTIONSOVERRIDE.scopes=api://x/B&optionsoverride.SCOPES=api://x/A` }] },
  'AllowOverrides is false on the route for users: the token is the blueprint’s': { environment: { sidecar__allowoverrides__getauthorizationheader: 'false' }, steps: [forUser] },
  'options that only the official sidecar supports': { steps: [{ path: withOption('PopPublicKey=x') }, { path: withOption('ManagedIdentity.UserAssignedClientId=x') }] },
  'the agent’s user account by its id, without the caller’s correlation id': { steps: [{ path: withOption(`CorrelationId=${correlationId}`, `${accountPath}&AgentUserId=(${account.toUpperCase()})`) }] },
  'the agent’s user account by its name, without the caller’s correlation id': { steps: [{ path: withOption(`CorrelationId=${correlationId}`, `${accountPath}&AgentUsername=agent@contoso.example`) }] },
  'the agent’s user account, whose refresh token is refused because of the client': { outcome: onceRefreshed(respond(401, '{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret."}')), steps: [{ path: `${accountPath}&AgentUserId=${account}` }, { path: `${accountPath}&AgentUserId=${account}`, afterSeconds: 3600 - 299 }] },
  'the agent’s user account, if Entra sends no ID token': { outcome: () => grantOf({ leftOut: 'id_token' }), steps: [{ path: `${accountPath}&AgentUserId=${account}` }, { path: `${accountPath}&AgentUserId=${account}` }] },
  'without AllowedHosts, any Host header': { steps: [{ ...autonomous, headers: { host: 'sidecar:5000' } }] },
  'with AllowedHosts, only the Host headers that it names, also for the health probe': { environment: { AllowedHosts: 'localhost' }, steps: [autonomousPath, '/healthz'].flatMap(path => ['localhost:5000', '127.0.0.1:5000'].map(host => ({ path, headers: { host } }))) },
  'headers of more than 32 KiB': { steps: [32_000, 33_000, 100_000].map(length => ({ path: '/healthz', headers: { 'x-large': 'a'.repeat(length) } })) },
  'no client id: every path responds as it does without a tenant': { environment: { AzureAd__ClientId: null }, steps: ['/healthz', '/nope', autonomousPath].map(path => ({ path })) },
  'an API that refuses with what a user could mend': { outcome: forTr(respond(400, '{"error":"interaction_required"}')), steps: [{ path: `/DownstreamApi/weather?${agentQuery}`, user: {}, body: '' }] },
  'an API whose token is refused because of the client': { outcome: forTr(respond(400, '{"error":"invalid_client"}')), steps: [{ path: `/DownstreamApi/weather?${agentQuery}`, user: {}, body: '' }] },
  'an API whose token is refused because of the API': { outcome: forTr(respond(400, '{"error":"invalid_resource"}')), steps: [{ path: `/DownstreamApi/weather?${agentQuery}`, user: {}, body: '' }] },
  'an API that cannot be reached': { environment: downstream({ DownstreamApis__weatherApp__BaseUrl: 'http://127.0.0.1:1/' }), steps: [{ path: `/DownstreamApiUnauthenticated/weatherApp?${agentQuery}`, body: '' }] },
  'an API without an address': { environment: downstream({ DownstreamApis__weatherApp__BaseUrl: null }), steps: [{ path: `/DownstreamApiUnauthenticated/weatherApp?${agentQuery}`, body: '' }] },
}

/** Headers of token requests that Entra reads. The span ids of traces are random; a trace that the sidecar begins is left out. */
const noCorrelationId = '00000000-0000-0000-0000-000000000000'
const shownHeaders = ['client-request-id', 'traceparent', 'x-anchormailbox', 'x-ms-lib-capability']
const shownFields = ['grant_type', 'client_id', 'scope', 'fmi_path']
/** The ids by their names, and lines as this repository ends them; without ports, which differ from run to run, and without the length of the header `x-large`. */
function shorten(line: string): string {
  const named = Object.entries(ids).reduce((text, [name, id]) => text.replaceAll(id, `<${name}>`), line)
  return named
    .replaceAll('\r\n', '\n')
    .replace(/a{100,}/g, 'a…')
    .replace(/(127\.0\.0\.1:|on port )\d{4,5}/g, '$1<port>')
}

function describeEntraRequests(trial: Trial): string[] {
  return trial.takeTokenRequests().map(({ path, form = {}, headers = {} }) => {
    const fields = shownFields.flatMap(name => (form[name] === undefined ? [] : [`${name}=${form[name]}`]))
    const sent = shownHeaders.flatMap(name => {
      const value = String(headers[name] ?? '')
        .replace(/-(?!b7ad6b7169203331)[0-9a-f]{16}-/, '-<span>-')
        .replace(/^00-[0-9a-f]{32}-<span>-00$/, '')
      if (value === '' || value === noCorrelationId) return []
      const isRandom = name === 'client-request-id' && value !== correlationId
      return [`${name}: ${isRandom ? '<random>' : value}`]
    })
    return `    Entra: ${[path, ...fields, ...sent].join(' ')}`
  })
}

async function describeStep(trial: Trial, step: Step): Promise<string[]> {
  const { path, afterSeconds = 0, user, hasNewKey, body, headers } = step
  trial.clock.advanceSeconds(afterSeconds)
  if (hasNewKey) trial.stage.entra.publishNewKey()
  const authorization = user && (hasNewKey ? trial.signInWithNewKey() : trial.signIn(user))
  const response = await trial.call({
    method: body === undefined ? 'GET' : 'POST',
    path,
    headers: { ...headers, ...authorization },
    body,
  })
  const claims = decodeToken(/Bearer ([^"]+)/.exec(response.body ?? '')?.[1] ?? '')?.claims
  const shown = claims ? `a token of ${claims['azp']}` : response.body
  const challenge = response.headers['www-authenticate']
  const outcome = [response.status, response.headers['content-type'], challenge, shown]
    .filter(Boolean)
    .join(' ')
  const after = afterSeconds ? `after ${afterSeconds} s ` : ''
  const more = Object.entries({ ...headers, ...user }).map(([name, value]) => ` ${name}=${value}`)
  return [
    `> ${after}${path}${more.join('')}${hasNewKey ? ' signed with a new key' : ''}`,
    `  ${outcome}`,
    ...describeEntraRequests(trial),
  ]
}

test('The emulator does what follows from the recordings and from the public source, but was not recorded', async () => {
  const blocks: string[] = []
  for (const [what, { steps, ...options }] of Object.entries(scenarios)) {
    const trial = await beginTrial(options)
    const lines = [`# ${what}`]
    for (const step of steps) lines.push(...(await describeStep(trial, step)).map(shorten))
    blocks.push(`${lines.join('\n')}\n`)
  }
  await expect(blocks.join('\n')).toMatchFileSnapshot('trials.txt')
})
