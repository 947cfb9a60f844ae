import type { TokenCard } from '@entra-bedrock-agent/identity-trace'
import { describe, expect, it } from 'vitest'
import { agentId, apiId, blueprintId, pageId, publicConfig } from '../testing/public-config.ts'
import { agentToken, apiCall, exchangeToken, ownToken, step, userToken } from '../testing/trace.ts'
import { describeNames } from '../words/names.ts'
import { tellStory, tellToken } from './story.ts'

const names = describeNames(publicConfig)
const problem = { type: '', title: 'No.', status: 403, detail: '', code: 'X', hint: '', requestId: '' }

function tell(...steps: Parameters<typeof tellStory>[0]): string[] {
  return tellWhile(false, ...steps)
}

function tellWhile(running: boolean, ...steps: Parameters<typeof tellStory>[0]): string[] {
  return tellStory(steps, names, running).map(({ who, did, failed }) => `${failed ? '✗ ' : ''}${who} ${did}`)
}

describe('tellStory', () => {
  it('tells one sentence for each token, in the order of the exchange', () => {
    const story = tell(
      step('a', { token: userToken }),
      step('b', { token: agentToken }),
      step('c', { token: exchangeToken }),
      apiCall('d', agentToken),
      step('e', { token: agentToken }),
    )
    expect(story).toEqual([
      'You let this page call the blueprint in your name; the agent checked 1 thing.',
      'The blueprint vouches for the agent identity at Entra ID, inside the sidecar, where the agent cannot look.',
      'The agent, on your behalf, called the Orders API; the Orders API checked 2 things.',
    ])
  })

  it('says that the agent acts as itself, and how often', () => {
    const calls = ['a', 'b', 'c'].map(id => apiCall(id, ownToken))
    expect(tell(step('t', { token: ownToken }), ...calls)).toEqual([
      'The agent, as itself, called the Orders API 3 times; the Orders API checked 2 things.',
    ])
  })

  it('says which APIs were called with the token, also where they share an app id', () => {
    const shared = describeNames({
      ...publicConfig,
      apis: [...publicConfig.apis, { name: 'orders-tools', title: 'orders-tools server', appId: apiId }],
    })
    const calls = [
      apiCall('a', ownToken),
      apiCall('b', ownToken),
      apiCall('c', ownToken, { to: 'orders-tools' }),
    ]
    const token = { ...ownToken, verifiedBy: [] }
    const did = (...called: typeof calls) =>
      tellStory([step('t', { token }), ...called], shared, false)[0]?.did
    expect(did(...calls)).toBe('called the Orders API twice and the orders-tools server.')
    expect(did(...calls.slice(0, 1))).toBe('called the Orders API.')
    expect(did()).toBe('holds a token for the Orders API or orders-tools server.')
  })

  it('does not take a call for made while it goes on, nor after it was stopped', () => {
    const token = { ...ownToken, verifiedBy: [] }
    const steps = [step('t', { token }), apiCall('a', token), apiCall('b', token, { status: 'running' })]
    expect(tellWhile(true, ...steps)).toEqual(['The agent, as itself, is calling the Orders API.'])
    expect(tellWhile(false, ...steps)).toEqual([
      'The agent, as itself, began to call the Orders API, and its answer is not known.',
    ])
  })

  it('does not say what a model did before it has answered', () => {
    const model = step('m', { kind: 'model', to: 'bedrock', status: 'running' })
    expect(tellWhile(true, model)).toEqual(['The model on Bedrock is being asked.'])
    expect(tellWhile(false, model)).toEqual(['The model on Bedrock was asked, and its answer is not known.'])
  })

  it('says what a refused call came to', () => {
    expect(
      tell(step('t', { token: ownToken }), apiCall('a', ownToken, { status: 'failed', problem })),
    ).toEqual(['✗ The agent, as itself, called the Orders API: No.'])
  })

  it('says which check failed', () => {
    const refused: TokenCard = {
      ...ownToken,
      verifiedBy: [{ actor: 'agent', checks: [{ name: 'audience', ok: false }] }],
    }
    expect(tell(step('t', { token: refused }))).toEqual([
      '✗ The agent, as itself, holds a token for the Orders API; the agent found fault with audience.',
    ])
  })

  it('says that no token came of a request', () => {
    expect(tell(step('a', { kind: 'token-request', status: 'failed', problem }))).toEqual([
      '✗ The agent got no token: No.',
    ])
    expect(
      tell(step('a', { kind: 'token-request', status: 'failed', problem }), step('b', { token: ownToken })),
    ).toHaveLength(1)
  })

  it('tells what the model had to do with it', () => {
    const model = step('m', { kind: 'model', to: 'bedrock' })
    expect(tell(model)).toEqual(['The model on Bedrock called no tool, so no token was needed.'])
    expect(tell(model, step('a'), step('b'))).toEqual([
      'The model on Bedrock asked for 2 tool calls, and saw no token.',
    ])
    expect(tell({ ...model, status: 'failed', problem })).toEqual([
      '✗ The model on Bedrock did not answer: No.',
    ])
  })
})

describe('tellToken', () => {
  const card = (role: TokenCard['role'], claims: TokenCard['claims'] = {}): TokenCard => ({
    role,
    observed: true,
    claims,
  })

  it('says that the agent acts as itself', () => {
    expect(tellToken(card('TR', { azp: agentId, aud: apiId, idtyp: 'app' }), names, false)).toBe(
      'The agent identity acts as itself towards the Orders API. No user is involved.',
    )
  })

  it.each([
    [false, 'The agent identity acts on behalf of the signed-in user towards the Orders API.'],
    [true, 'The agent identity acts on behalf of Ada Osei towards the Orders API.'],
  ])('names the user only when that may be shown (%s)', (revealed, sentence) => {
    expect(tellToken(agentToken, names, revealed)).toBe(sentence)
  })

  it('knows a user’s token by its scopes where idtyp is missing', () => {
    expect(tellToken(card('TR', { azp: agentId, aud: apiId, scp: 'Orders.Read' }), names, false)).toContain(
      'on behalf of',
    )
  })

  it('says whom the user lets act', () => {
    expect(tellToken(card('Tc', { azp: pageId, aud: blueprintId }), names, false)).toBe(
      'The signed-in user lets this page call the blueprint, and nothing else.',
    )
  })

  it('makes do without claims', () => {
    expect(tellToken({ role: 'TR', observed: true }, names, false)).toMatch(/^The agent acts as itself/)
  })
})
