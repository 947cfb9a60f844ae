import type { ChatResponse } from '@entra-bedrock-agent/identity-trace'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { identities } from '../../support/identities.ts'
import type { Stack } from '../../support/stack.ts'
import { askWeather, startAfresh, startSettled, tokenRequests } from './trial.ts'

const { ada, ben, agentId } = identities

let stack: Stack
beforeAll(async () => {
  stack = await startSettled()
})
afterAll(() => stack.close())
beforeEach(() => startAfresh(stack))

/** Everybody that a turn’s trace knows of, by object id. */
function peopleIn(body: ChatResponse): string[] {
  const text = JSON.stringify(body.trace)
  return [ada.oid, ben.oid].filter(oid => text.includes(oid))
}

function validation(body: ChatResponse) {
  const answer = body.trace.find(step => step.kind === 'api-call')?.response?.body as {
    validated?: { flow: string; on_behalf_of: string | null; caller: string }
  }
  return answer?.validated
}

describe('Two hundred turns at the same time, of two people in both flows,', () => {
  it('never see each other’s token or trace', async () => {
    const adas = await stack.signIn(ada.oid)
    const bens = await stack.signIn(ben.oid)
    const tokens = new Map<string | null, string>([
      [ada.oid, adas],
      [ben.oid, bens],
    ])
    const asked = Array.from({ length: 200 }, (_, n) => [ada.oid, ben.oid, null, null].at(n % 4) ?? null)
    const replies = await Promise.all(
      asked.map(user => askWeather(stack, user === null ? 'autonomous' : 'obo', tokens.get(user))),
    )
    for (const [n, { status, body, text }] of replies.entries()) {
      const user = asked[n] ?? null
      expect(status).toBe(200)
      expect(validation(body)).toMatchObject({
        flow: user === null ? 'autonomous' : 'obo',
        on_behalf_of: user,
        caller: agentId,
      })
      expect(peopleIn(body)).toEqual(user === null ? [] : [user])
      expect(text).not.toContain(adas)
      expect(text).not.toContain(bens)
    }
    expect(stack.agentLog.join('')).not.toMatch(/eyJ[A-Za-z0-9_-]{20,}/)
  })

  it('ask Entra once for each token, although the sidecar itself joins nothing', async () => {
    const adas = await stack.signIn(ada.oid)
    const bens = await stack.signIn(ben.oid)
    await Promise.all(
      Array.from({ length: 30 }, (_, n) =>
        n % 3 === 0 ? askWeather(stack, 'autonomous') : askWeather(stack, 'obo', n % 3 === 1 ? adas : bens),
      ),
    )
    const legs = tokenRequests(stack).map(({ leg }) => leg)
    expect(legs.filter(leg => leg === 'tr')).toHaveLength(1)
    expect(legs.filter(leg => leg === 'obo')).toHaveLength(2)
  })
})

describe('A turn', () => {
  it('in the autonomous flow does not hand on a token that was sent along', async () => {
    const token = await stack.signIn(ada.oid)
    const response = await fetch(`${stack.agentUrl}/api/chat`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ message: 'Weather in Oslo?', mode: 'direct', flow: 'autonomous' }),
    })
    const body = (await response.json()) as ChatResponse
    expect(validation(body)).toMatchObject({ flow: 'autonomous', on_behalf_of: null })
    expect(tokenRequests(stack).filter(({ leg }) => leg === 'obo')).toEqual([])
  })

  it('can be found in Entra’s log by its id, and a stranger’s trace is not carried on', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c'
    const response = await fetch(`${stack.agentUrl}/api/chat`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        traceparent: `00-${traceId}-b7ad6b7169203331-01`,
      },
      body: JSON.stringify({ message: 'Weather in Oslo?', mode: 'direct', flow: 'autonomous' }),
    })
    const { turnId } = (await response.json()) as ChatResponse
    const seen = tokenRequests(stack)
    expect(seen.map(({ leg }) => leg)).toEqual(['t1', 'tr'])
    expect(seen.at(-1)?.correlationId).toBe(turnId)
    for (const { traceparent = '' } of seen) expect(traceparent).not.toContain(traceId)
    expect(stack.agentLog.join('')).toContain(turnId)
  })
})
