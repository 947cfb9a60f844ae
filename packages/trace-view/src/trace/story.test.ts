import type { Flow, TokenCard, TraceStep } from '@entra-agents/trace'
import { describe, expect, it } from 'vitest'
import { phraseText } from '../testing/phrase-text.ts'
import { agentId, apiId, blueprintId, pageId, publicConfig } from '../testing/public-config.ts'
import {
  accountToken,
  accountTurn,
  agentToken,
  apiCall,
  exchangeToken,
  ownToken,
  step,
  userToken,
} from '../testing/trace.ts'
import { describeNames } from '../words/names.ts'
import { tellStory, tellToken } from './story.ts'
import { gatherFacts } from './turn-facts.ts'

const names = describeNames(publicConfig)

function tell(steps: readonly TraceStep[], flow: Flow = 'autonomous', running = false): string {
  return phraseText(tellStory(gatherFacts(steps, flow, running), names)).trim()
}

describe('tellStory', () => {
  it('describes the exchange in the order in which it happens', () => {
    const story = tell(
      [
        step('a', { kind: 'sign-in', token: userToken }),
        step('m', { kind: 'model', to: 'bedrock' }),
        step('l', { kind: 'tool' }),
        step('c', { kind: 'token-request', token: exchangeToken }),
        step('b', { kind: 'token', token: agentToken }),
        apiCall('d', agentToken, { response: { status: 200 } }),
      ],
      'obo',
    )
    expect(story).toBe(
      'Your token Tc lets the agent act for you, and nothing else. The model asked for 1 tool call and saw no token. ' +
        'The sidecar gets T1, by which the blueprint vouches for the agent. ' +
        'With T1, Entra ID exchanged Tc for the agent’s token TR, which names the agent as caller and you as the user. ' +
        'Its right is yours, lent by a delegated permission that you or an administrator consented to. ' +
        'Orders API checked TR and answered.',
    )
  })

  it('says that no user is involved if the agent acts as itself', () => {
    expect(tell([step('t', { kind: 'token', token: ownToken })])).toBe(
      'With T1, Entra ID issued the agent’s token TR, which names the agent as caller and as subject: no user is involved.',
    )
  })

  it('says that TR came from the sidecar’s cache, even if the trace has no T1', () => {
    const token = {
      ...ownToken,
      claims: { ...ownToken.claims, iat: Date.parse('2026-11-28T11:00:00Z') / 1000 },
    }
    const cached = step('t', { kind: 'token', token, startedAt: '2026-11-28T12:00:00Z' })
    expect(tell([cached])).toMatch(/^TR came from the sidecar’s cache\. With T1, Entra ID issued /)
  })

  it('says with which tokens the agent acts as its own user account, and that nobody signed in', () => {
    expect(tell(accountTurn, 'agent-user')).toBe(
      'The sidecar gets T1, by which the blueprint vouches for the agent. ' +
        'With it the sidecar gets T2, by which the agent vouches for its user account. ' +
        'With T1, Entra ID exchanged T2 for the agent’s token TR, which names the agent as caller and its user account as subject: nobody signed in, and no token of yours is involved. ' +
        'Its right is a delegated permission that an administrator granted the agent for its account. ' +
        'Orders API checked TR and answered.',
    )
  })

  it('does not describe the answer of a model that has not answered yet', () => {
    const model = step('m', { kind: 'model', to: 'bedrock', status: 'running' })
    expect(tell([model], 'autonomous', true)).toBe('The model is being asked.')
    expect(tell([model])).toBe('The model was asked, and its answer is not known.')
  })
})

describe('tellToken', () => {
  const card = (role: TokenCard['role'], claims: TokenCard['claims'] = {}): TokenCard => ({
    role,
    observed: true,
    claims,
  })

  it.each([
    [
      card('TR', { azp: agentId, aud: apiId, idtyp: 'app' }),
      false,
      'The agent identity acts as itself towards Orders API.',
    ],
    [agentToken, false, 'The agent identity acts on your behalf towards Orders API.'],
    [agentToken, true, 'The agent identity acts on behalf of Ada Osei towards Orders API.'],
    [
      card('TR', { azp: agentId, scp: 'Orders.Read' }),
      false,
      'The agent identity acts on your behalf towards the API.',
    ],
    [
      card('Tc', { azp: pageId, aud: blueprintId }),
      false,
      'You let this page call the blueprint, and nothing else.',
    ],
    [accountToken, false, 'The agent identity acts as its own user account towards Orders API.'],
    [card('T2'), false, 'The agent’s exchange token: by it the agent vouches for its own user account.'],
    [card('TR'), false, 'The agent acts as itself towards the API.'],
  ])(
    'says who acts for whom, and names the user only if the name may be shown (%#)',
    (token, revealed, sentence) => {
      expect(tellToken(token, names, revealed)).toBe(sentence)
    },
  )
})
