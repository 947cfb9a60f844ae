import type { IncomingMessage, RequestListener } from 'node:http'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import { toProblem } from '@entra-agents/service-kit'
import { decodeToken } from '@entra-agents/tokens/verify'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Caller } from '../caller.ts'
import type { DownstreamApi } from '../downstream-api.ts'
import {
  authorizationHeader,
  autonomousClaims,
  ids,
  onBehalfOfClaims,
  ordersApi,
  secondAgent,
} from '../testing/fixtures.ts'
import type { ApiRequest } from './api-context.ts'
import { apiCallerOf, nameIds, problemOf, startTestServer, stepsOf, turnOf } from './testing/stage.ts'

const request: ApiRequest<object> = {
  path: '/orders',
  subject: 'orders',
  isBody: (body): body is object => body !== undefined,
}
const rightIn = { autonomous: 'Orders.Read.All', obo: 'Orders.Read' }

interface Stage {
  readonly of?: Pick<DownstreamApi, 'permissions'>
  readonly isHostile?: boolean
  readonly isEntraDown?: boolean
  readonly refusesOneByOne?: boolean
}

/** Rights in Entra, a sidecar that caches tokens as the official one does, and an API that wants the right in the token. */
async function stage(options: Stage = {}) {
  const { of, isHostile = false, isEntraDown = false, refusesOneByOne = false } = options
  const granted = new Set<string>()
  const cache = new Map<string, string>()
  let issued = 0
  const issue = (azp: string, user: string | undefined) => {
    issued += 1
    const common = { azp, uti: `token-${issued}` }
    const has = granted.has(user ?? azp)
    return authorizationHeader(
      user
        ? onBehalfOfClaims(user, { ...common, scp: has ? rightIn.obo : 'openid' })
        : autonomousClaims({ ...common, roles: has ? [rightIn.autonomous] : undefined }),
    )
  }
  const answerAsSidecar: RequestListener = ({ url = '', headers }, response) => {
    const isNew = url.includes('ForceRefresh=true')
    if (isNew && isEntraDown) return response.writeHead(500).end()
    const azp = new URL(url, 'http://localhost').searchParams.get('AgentIdentity') ?? ''
    const user = headers.authorization?.slice('Bearer token-of-'.length)
    const key = `${azp} ${user}`
    const token = (!isNew && cache.get(key)) || issue(azp, user)
    cache.set(key, token)
    return response.end(token)
  }
  const hasRight = ({ headers }: IncomingMessage) => {
    const { scp, roles } = decodeToken(headers.authorization?.slice('Bearer '.length) ?? '')?.claims ?? {}
    return scp === rightIn.obo || [roles].flat().includes(rightIn.autonomous)
  }
  const sidecar = await startTestServer(answerAsSidecar)
  let refused = 0
  const server = await startTestServer(async (incoming, response) => {
    if (refusesOneByOne && !hasRight(incoming)) await sleep(refused++)
    response.writeHead(isHostile || !hasRight(incoming) ? 403 : 200, { 'content-type': 'application/json' })
    response.end('{}')
  })
  const api = { ...ordersApi, ...of, url: server.url }
  const { caller, lines } = apiCallerOf([api], sidecar.url)
  return {
    grant: (id: string) => void granted.add(id),
    fillCache: (turn: Caller = turnOf()) => caller.for(turn).token(api),
    call: (turn: Caller = turnOf()) => caller.for(turn).call(api, request),
    /** Checks the right before two calls of a step, and then makes one. */
    async callAfterCheck(turn: Caller) {
      const context = caller.for(turn)
      for (const step of ['tool-1', 'tool-2']) await context.under(step).requireScope(api)
      return context.call(api, request)
    },
    contextOf(turn: Caller) {
      const context = caller.for(turn)
      const requireScope = (scope?: string) => context.requireScope(api, scope)
      return { requireScope, askAhead: () => context.askAhead(api), call: () => context.call(api, request) }
    },
    /** How often the API was called, and how often the sidecar was asked past its cache. */
    counts: () => ({
      calls: server.requests.length,
      renewals: sidecar.requests.filter(({ target }) => target.includes('ForceRefresh=true')).length,
    }),
    audit: () =>
      lines.flatMap(line => {
        const { audit, caller: by, tokenId } = JSON.parse(line)
        return audit ? [nameIds(`${audit}: ${by} ${tokenId}`)] : []
      }),
  }
}

const forbidden = problemOf('API_FORBIDDEN')
const passAMinute = () => vi.advanceTimersByTime(60_000)
const many = Array.from({ length: 100 })

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => void vi.useRealTimers())

describe('A right that is granted after the sidecar has cached a token without it', () => {
  it('works at the next call; trace and audit log have both tokens and both calls', async () => {
    const { grant, fillCache, call, counts, audit } = await stage()
    await fillCache()
    grant(ids.agentClientId)
    const turn = turnOf()
    await call(turn)
    expect(counts()).toEqual({ calls: 2, renewals: 1 })
    const shown = turn.trace.steps.filter(({ status }) => status !== 'not-observable')
    expect(shown.map(({ kind, status, title }) => `${kind}, ${status}: ${nameIds(title)}`)).toEqual([
      'token-request, ok: The agent asks its sidecar for a token of its own, for the Orders API',
      'token, ok: TR: agent <agentClientId> acts as itself',
      'api-call, failed: The agent calls the Orders API: orders',
      'token-request, ok: The agent asks its sidecar for a token of its own, for the Orders API, past its cache',
      'token, ok: TR: agent <agentClientId> acts as itself',
      'api-call, ok: The agent calls the Orders API: orders',
    ])
    const rights = stepsOf(turn, 'token').map(({ token }) => token?.claims?.['roles'])
    expect(rights).toEqual([undefined, [rightIn.autonomous]])
    const tokens = ['token-1', 'token-1', 'token-2']
    expect(audit()).toEqual(tokens.map(id => `issued: <agentClientId> ${id}`))
    await call()
    expect(counts()).toEqual({ calls: 3, renewals: 1 })
  })

  it('works a minute after the last call that lacked it', async () => {
    const { grant, call, counts } = await stage()
    await expect(call()).rejects.toEqual(forbidden)
    grant(ids.agentClientId)
    await expect(call()).rejects.toEqual(forbidden)
    passAMinute()
    await call()
    expect(counts()).toEqual({ calls: 4, renewals: 2 })
  })

  it('works for 100 calls at once by one new token, however late each is refused', async () => {
    const { grant, fillCache, call, counts } = await stage({ refusesOneByOne: true })
    await fillCache()
    grant(ids.agentClientId)
    await Promise.all(many.map(() => call()))
    expect(counts()).toEqual({ calls: 200, renewals: 1 })
  })

  it('works for calls whose token was asked for ahead', async () => {
    const { grant, fillCache, contextOf, counts } = await stage({ refusesOneByOne: true })
    await fillCache()
    const context = contextOf(turnOf())
    context.askAhead()
    await setImmediate()
    grant(ids.agentClientId)
    await Promise.all([context.call(), context.call()])
    await context.call()
    expect(counts()).toEqual({ calls: 5, renewals: 1 })
  })

  it('works if only the API knows its name', async () => {
    const { grant, fillCache, call } = await stage({ of: { permissions: undefined } })
    await fillCache()
    grant(ids.agentClientId)
    await call()
  })

  it('is another for each user and each agent', async () => {
    const { grant, fillCache, call, counts } = await stage()
    const second: Caller = { ...turnOf(), agent: secondAgent }
    const all = [turnOf(ids.ada), turnOf(ids.ben), turnOf(), second]
    for (const turn of all) await fillCache(turn)
    grant(ids.ada)
    grant(secondAgent.clientId)
    const outcomes = await Promise.allSettled(all.map(turn => call(turn)))
    const [refused, works] = ['rejected', 'fulfilled']
    expect(outcomes.map(({ status }) => status)).toEqual([works, refused, refused, works])
    expect(counts()).toEqual({ calls: 6, renewals: 4 })
  })
})

describe('An API that refuses every call for lack of a right', () => {
  it.each<[what: string, options: Stage]>([
    ['that nobody grants', {}],
    ['although the token has it', { isHostile: true }],
    ['whose name only the API knows', { isHostile: true, of: { permissions: undefined } }],
  ])(
    '%s makes the agent ask for at most one new token a minute, and is called once each time',
    async (_what, options) => {
      const { grant, call, counts } = await stage(options)
      if (options.isHostile) grant(ids.agentClientId)
      const callManyTimes = async () => {
        for (const outcome of await Promise.allSettled(many.map(() => call())))
          expect(outcome).toMatchObject({ status: 'rejected', reason: forbidden })
        for (const _ of many.slice(90)) await expect(call()).rejects.toEqual(forbidden)
      }
      await callManyTimes()
      expect(counts().renewals).toBeLessThanOrEqual(1)
      passAMinute()
      await callManyTimes()
      expect(counts().renewals).toBeLessThanOrEqual(2)
      expect(counts().calls).toBe(220)
    },
  )

  it('is named as the cause, too, if there is no new token, and the sidecar is asked again a minute later', async () => {
    const { call, counts } = await stage({ isEntraDown: true })
    await expect(call()).rejects.toEqual(forbidden)
    const { renewals } = counts()
    expect(renewals).toBeGreaterThan(0)
    await expect(call()).rejects.toEqual(forbidden)
    expect(counts().renewals).toBe(renewals)
    passAMinute()
    await expect(call()).rejects.toEqual(forbidden)
    expect(counts().renewals).toBe(2 * renewals)
  })
})

describe('A right that is checked before there is a call', () => {
  it('costs one token request, whose token the checks and calls that follow take', async () => {
    const { grant, callAfterCheck, counts, audit } = await stage()
    grant(ids.ada)
    const turn = turnOf(ids.ada)
    await callAfterCheck(turn)
    expect(counts()).toEqual({ calls: 1, renewals: 0 })
    expect(new Set(audit())).toEqual(new Set(['issued: <agentClientId> token-1']))
    expect(stepsOf(turn, 'token').map(({ parentId }) => parentId)).toEqual(['tool-1', 'tool-2', undefined])
  })

  it('is refused without a call of the API if the token lacks it, also past the sidecar’s cache', async () => {
    const { callAfterCheck, counts } = await stage()
    const refused = await callAfterCheck(turnOf(ids.ada)).catch(toProblem)
    expect(refused).toMatchObject({
      code: 'API_FORBIDDEN',
      message:
        'The agent’s token lacks the permission Orders.Read, which this call of the Orders API needs. It has openid.',
      options: { extensions: { needs: { api: 'orders-api', permission: 'Orders.Read', kind: 'scope' } } },
    })
    expect(counts()).toEqual({ calls: 0, renewals: 1 })
  })

  it('is there at once if it was granted after the sidecar cached a token without it', async () => {
    const { grant, fillCache, callAfterCheck, counts } = await stage()
    await fillCache(turnOf(ids.ada))
    grant(ids.ada)
    await callAfterCheck(turnOf(ids.ada))
    expect(counts()).toEqual({ calls: 1, renewals: 1 })
  })

  it('causes no token request if nobody knows what a call needs', async () => {
    const { contextOf, audit } = await stage({ of: { permissions: undefined } })
    await contextOf(turnOf(ids.ada)).requireScope()
    expect(audit()).toEqual([])
  })
})
