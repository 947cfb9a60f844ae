import { expect, it } from 'vitest'
import type { Caller } from '../caller.ts'
import {
  ordersApi as api,
  autonomousClaims,
  ids,
  onBehalfOfClaims,
  unsignedToken,
} from '../testing/fixtures.ts'
import type { TokenSource } from '../token-source.ts'
import type { StepFacts } from '../trace-recorder.ts'
import {
  type Answer,
  apiCallerOf,
  describeSteps,
  grant,
  inOrder,
  nameIds,
  refuse,
  startTestServer,
  turnOf,
} from './testing/stage.ts'
import { obtainToken, type TokenStepOptions } from './token-steps.ts'

const ownClaims = autonomousClaims({ uti: 'token-1' })
const own = grant(ownClaims)
const ofAda = grant(onBehalfOfClaims(ids.ada))
const ofAccount = grant(onBehalfOfClaims(ids.agentUser))
const expired = grant({ ...ownClaims, exp: 1 })
const agentUserTurn = (): Caller => ({ ...turnOf(), flow: 'agent-user' })

/** A sidecar that gives one of these responses after the other, and then always the last. */
async function startSidecar(...responses: readonly Answer[]) {
  const sidecar = await startTestServer(inOrder(...responses))
  const { tokens, logger, lines } = apiCallerOf([api], sidecar.url)
  return {
    sidecar,
    obtain: (turn: Caller, options: Partial<TokenStepOptions> = {}, of = api) =>
      obtainToken(tokens, turn, of, { parentId: undefined, logger, ...options }),
    /** The lines of the audit log, without what differs from run to run. */
    audit: () =>
      lines
        .map(line => JSON.parse(line))
        .filter(({ audit }) => audit !== undefined)
        .map(({ pid: _pid, hostname: _hostname, time: _time, ...entry }) => entry)
        .map(entry => nameIds(`audit: ${JSON.stringify(entry)}`)),
  }
}

interface Case {
  readonly responses: readonly Answer[]
  readonly turn?: Caller
  readonly options?: Partial<TokenStepOptions>
  readonly of?: typeof api
}

// biome-ignore format: table
const cases: Readonly<Record<string, Case>> = {
  'of the agent itself': { responses: [own] },
  'for a user': { responses: [ofAda], turn: turnOf(ids.ada) },
  'of the agent’s user account': { responses: [ofAccount], turn: agentUserTurn() },
  'for a user, for an API with a scope of its own': { responses: [ofAda], turn: turnOf(ids.ada), of: { ...api, scope: 'Orders.ReadWrite' } },
  'of the agent itself, for an API with a scope of its own': { responses: [own], of: { ...api, scope: 'Orders.ReadWrite' } },
  'that proves what the API asked for': { responses: [ofAda], turn: turnOf(ids.ada), options: { claims: '{"access_token":{}}' } },
  'of version 1, without the claim azp': { responses: [grant({ ...ownClaims, azp: undefined, appid: ids.agentClientId })] },
  'without an id that is a text': { responses: [grant({ ...ownClaims, uti: 7 })] },
  'for a step of the trace': { responses: [own], options: { parentId: 'step-1' } },
  'ahead of the call that needs it': { responses: [own], options: { parentId: 'step-1', isAhead: true } },
  'past the sidecar’s cache': { responses: [own], options: { isNew: true } },
  'at the second attempt': { responses: [refuse(401, 'Service is unavailable.'), own] },
  'after one that had expired': { responses: [expired, own] },
  'that Entra refuses': { responses: [refuse(401, 'AADSTS65001: ada@contoso.example has not consented')], turn: turnOf(ids.ada) },
  'that Entra refuses, with the ids of its log': { responses: [refuse(401, 'AADSTS50105: no role. Trace ID: 12121212-0000-4000-8000-000000000001 Correlation ID: 12121212-0000-4000-8000-000000000002')] },
  'that Entra refuses to the agent’s user account': { responses: [refuse(401, 'AADSTS50105: no role.')], turn: agentUserTurn() },
  'of another flow': { responses: [ofAda] },
  'for a user who has not signed in': { responses: [ofAda], turn: { ...turnOf(ids.ada), user: undefined } },
}

it('A token is in the trace with its request, the sidecar’s hidden hops and its checks, and in the audit log with its ids', async () => {
  const blocks: string[] = []
  const shown = new Set<string>()
  const showOnce = (line: string) => (shown.has(line) ? '  …' : shown.add(line) && line)
  for (const [what, { responses, turn = turnOf(), options, of }] of Object.entries(cases)) {
    const { sidecar, obtain, audit } = await startSidecar(...responses)
    const token = await obtain(turn, options, of).catch(() => undefined)
    const { steps } = turn.trace
    const sent = sidecar.requests.at(-1)?.target.replace('GET ', sidecar.url)
    if (token) expect(steps[0]?.request?.url).toBe(sent)
    const lines = [...describeSteps(steps).split('\n'), ...audit()].map(showOnce)
    blocks.push([`# a token ${what} (…: a line as before)`, ...lines, ''].join('\n'))
  }
  await expect(blocks.join('\n')).toMatchFileSnapshot('token-steps.txt')
})

it('A token from a source in the agent’s own process is in the trace with the tokens on the way to it', async () => {
  const source: TokenSource = {
    actor: 'agent',
    urlOf: () => 'https://login.example/token',
    async requestToken() {
      const exchanged = (['T1', 'T2'] as const).map(role => ({ role, raw: unsignedToken({ sub: role }) }))
      return { raw: unsignedToken(ownClaims), attempts: 0, exchanged }
    },
    close: async () => undefined,
  }
  const { tokens, logger } = apiCallerOf([api], 'http://localhost:1', {}, { source })
  const turn = turnOf()
  await obtainToken(tokens, turn, api, { parentId: undefined, logger })
  await expect(`${describeSteps(turn.trace.steps)}\n`).toMatchFileSnapshot('token-steps-own-process.txt')
})

it('The card of a token has the checks of the API beside those of the agent', async () => {
  const { obtain } = await startSidecar(own)
  const turn = turnOf()
  const { verifiedByApi } = await obtain(turn)
  const found = { name: 'audience', ok: false, secret: 'x' }
  const card = verifiedByApi([found])
  expect(card.verifiedBy?.map(({ actor }) => actor)).toEqual(['agent', 'orders-api'])
  expect(card.verifiedBy?.[1]?.checks).toEqual([{ name: 'audience', ok: false }])
  expect(turn.trace.steps.at(-1)).toMatchObject({ kind: 'token', token: card })
})

it('A token request shows the request of another turn if that request obtained the token', async () => {
  const { obtain } = await startSidecar(own)
  const first = turnOf()
  const second = { ...turnOf(), correlationId: '99999999-0000-4000-8000-000000000002' }
  await Promise.all([obtain(first), obtain(second)])
  const [asked] = second.trace.steps
  expect(asked).toMatchObject({
    title:
      'The agent asks its sidecar for a token of its own, for the Orders API, together with an equal request under way',
    request: first.trace.steps[0]?.request,
    logIds: { correlationId: first.correlationId },
  })
})

it('A token request stays `running` if the client went away: the code that ends a turn ends the turn’s steps', async () => {
  const sidecar = await startTestServer(() => undefined)
  const { tokens, logger, lines } = apiCallerOf([api], sidecar.url)
  const client = new AbortController()
  const turn = turnOf(undefined, client.signal)
  const asked = obtainToken(tokens, turn, api, { parentId: undefined, logger })
  await expect.poll(() => sidecar.requests.length).toBe(1)
  client.abort(new Error('went away'))
  await expect(asked).rejects.toThrow('went away')
  expect(turn.trace.steps.map(({ status }) => status)).toEqual(['running'])
  expect(lines).toEqual([])
})

it('A traced token request is a span, whose id the sidecar gets as the parent of the sidecar’s own spans', async () => {
  const { sidecar, obtain } = await startSidecar(own)
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const started: StepFacts[] = []
  const stepStarted = (_step: unknown, facts: StepFacts) => {
    started.push(facts)
    return traceparent
  }
  await obtain(turnOf(undefined, undefined, { stepStarted, stepEnded: () => undefined }))
  expect(started).toEqual([
    {
      name: 'GET /AuthorizationHeaderUnauthenticated/{api}',
      attributes: { 'http.request.method': 'GET', 'app.api.name': 'orders-api', 'app.flow': 'autonomous' },
    },
  ])
  expect(sidecar.requests[0]?.headers).toMatchObject({ traceparent })
})
