import type { LoggedRequest } from '@entra-agents/emulator-kit'
import type { Leg } from '../emulator/faults.ts'
import type { Entra, RequestDetails } from '../entra.ts'
import { type Content, html, type Markup } from '../sign-in/html.ts'
import { claimsMarkup, facts, list, namesOf } from './screen.ts'

const legNames: Readonly<Partial<Record<Leg, string>>> = {
  t1: 'T1, by which a blueprint’s agent authenticates',
  t2: 'T2, the agent’s own exchange token',
  tr: 'TR, a token for an API, of the client itself',
  obo: 'TR, a token for an API on behalf of a user',
  'agent-user': 'TR, a token of the agent’s user account',
}

/** The flows, the latest first; accepted requests for discovery and keys are left out. */
export function listFlows(entra: Entra): Content {
  const showId = namesOf(entra)
  const items = [...flowsOf(entra.requests.all).values()]
    .filter(({ isWhole, last }) => isWhole && last.leg !== undefined)
    .filter(({ last }) => !['discovery', 'keys'].includes(last.leg ?? '') || last.status !== 200)
    .map(({ steps, last }) => {
      const legs = steps.map(({ leg }) => leg)
      return html`<a href="/emulator/lab/flows/${last.id}">${legs.join(' → ')}</a> <small>${last.receivedAt}</small><br>
${showId(clientOf(last))}<br>${verdictOf(last)}`
    })
  return list('Requests, each after those that got its tokens', items.reverse())
}

/** The requests that a trace names, each after those that got its tokens; `undefined` if there are none. @param tokenId `uti` of the token that one of them got */
export function describeTurn(entra: Entra, correlationId: unknown, tokenId: unknown): Content | undefined {
  const flows = [...flowsOf(entra.requests.all).values()]
  const own = flows.filter(({ last }) => correlationId && last.correlationId === correlationId)
  const issuing = flows.filter(({ last }) => tokenId && last.tokenId === tokenId)
  const shown = new Set([...own, ...issuing].flatMap(({ steps }) => steps))
  if (shown.size === 0) return undefined
  const steps = entra.requests.all.filter(step => shown.has(step)).slice(-maxSteps)
  const isEarlier = own.length === 0 && correlationId
  return [
    html`<p>${
      isEarlier
        ? 'No listed request has this correlation ID: the token is of an earlier request, and came from a cache.'
        : 'The requests that are asked for, after those that got their tokens.'
    }</p>`,
    describeFlow(entra, { steps }),
  ]
}

/** The steps of a flow, with their tokens. */
export function describeFlow(entra: Entra, { steps }: Pick<Flow, 'steps'>): Content {
  const showId = namesOf(entra)
  const stepOf = (uti: unknown) =>
    steps.findIndex(({ issuedTokens = {} }) => Object.values(issuedTokens).some(one => one['uti'] === uti))
  const showToken = (title: string, claims: object) =>
    html`<details><summary>${title}</summary>${claimsMarkup(claims, showId)}</details>`
  return steps.map((step, index) => {
    const { leg, form: { client_id, ...fields } = {}, presentedTokens = {}, issuedTokens = {} } = step
    const presented = Object.entries(presentedTokens).map(([name, claims]) => {
      const source = claims['uti'] === undefined ? -1 : stepOf(claims['uti'])
      return showToken(
        `Presented: ${name}, ${source < 0 ? 'of no listed request' : `got in step ${source + 1}`}`,
        claims,
      )
    })
    const issued = Object.entries(issuedTokens).map(([name, claims]) => showToken(`Got: ${name}`, claims))
    return html`<h2>Step ${index + 1}: ${leg && (legNames[leg] ?? leg)}</h2>
${facts([
  ['What decided', verdictOf(step)],
  ['Client', showId(client_id ?? clientOf(step))],
  ['Request', `${step.method} ${step.path}`],
  ['Received, by the machine’s clock', step.receivedAt],
  ['Correlation ID', step.correlationId],
  ...Object.entries(fields).map(([name, value]) => [name, showId(value)] as const),
])}${presented}${issued}`
  })
}

function clientOf({ form, issuedTokens, presentedTokens }: Step): string {
  const claims = { ...presentedTokens?.['authorization'], ...issuedTokens?.['access_token'] }
  return form?.['client_id'] ?? String(claims['azp'] ?? claims['appid'] ?? 'unknown')
}

function verdictOf({ status, isInjected, aadsts, refusal }: Step): Markup {
  if (aadsts === undefined && status !== null && status < 400)
    return html`<span class="accepted">Accepted (${status})</span>`
  const code = aadsts === undefined ? (status ?? 'No response, or not yet') : `AADSTS${aadsts}`
  return html`<span class="refused">${code}${isInjected ? ', an injected fault' : ''}: ${refusal}</span>`
}

type Step = LoggedRequest<RequestDetails>

/** A page with more steps would be too large to read. */
const maxSteps = 50

/** A request, after those that got the tokens that it presents, directly or through others. */
interface Flow {
  /** The latest ones, if there are very many. */
  readonly steps: readonly Step[]
  readonly last: Step
  /** Whether no later request presents what the last step got. */
  readonly isWhole: boolean
}

/** The flow that ends with each request. Two requests that present the same token need have nothing else in common. */
export function flowsOf(requests: readonly Step[]): ReadonlyMap<string, Flow> {
  const issuers = new Map<unknown, Step>()
  const ancestors = new Map<Step, ReadonlySet<Step>>()
  const parents = new Set<Step>()
  for (const step of requests) {
    const sources = tokenIds(step.presentedTokens).flatMap(id => issuers.get(id) ?? [])
    for (const source of sources) parents.add(source)
    ancestors.set(step, new Set([...sources.flatMap(source => [...(ancestors.get(source) ?? [])]), step]))
    for (const id of tokenIds(step.issuedTokens)) issuers.set(id, step)
  }
  return new Map(
    [...ancestors].map(([last, all]) => [
      last.id,
      { steps: requests.filter(one => all.has(one)).slice(-maxSteps), last, isWhole: !parents.has(last) },
    ]),
  )
}

function tokenIds(tokens: RequestDetails['issuedTokens'] = {}): readonly unknown[] {
  return Object.values(tokens).flatMap(({ uti }) => uti ?? [])
}
