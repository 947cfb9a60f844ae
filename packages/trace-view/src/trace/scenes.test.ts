import { expect, it } from 'vitest'
import { phraseText } from '../testing/phrase-text.ts'
import { publicConfig } from '../testing/public-config.ts'
import { accountTurn, agentToken, apiCall, ownToken, step, userToken } from '../testing/trace.ts'
import { describeNames } from '../words/names.ts'
import { tellScenes } from './scenes.ts'
import { gatherFacts } from './turn-facts.ts'

const names = describeNames(publicConfig)

it('the scenes of a turn on behalf of a user follow the exchange of tokens and give evidence', () => {
  const steps = [
    step('s', { kind: 'sign-in', token: userToken }),
    step('m', { kind: 'model', to: 'bedrock' }),
    step('t', { kind: 'token', token: agentToken }),
    apiCall('a', agentToken, { response: { status: 200 } }),
  ]
  const scenes = tellScenes(gatherFacts(steps, 'obo', false), names)
  expect(scenes.map(({ headline, lit }) => `${headline} ${lit.join()}`)).toEqual([
    'You ask, and have signed in. Tc',
    'The model chooses what to do. ',
    'The blueprint vouches for the agent. T1',
    'With T1, Entra ID exchanges Tc for TR. T1,Tc,exchange,TR',
    'Orders API checks TR, and decides. TR,gate',
    'The agent called Orders API on your behalf. T1,Tc,exchange,TR,gate',
  ])
  expect(scenes.slice(3).map(({ evidence }) => phraseText(evidence))).toEqual([
    'TR names the agent as the caller and you as the subject: azp Agent identity, oid you, scp Orders.Read',
    'Signature, caller: 2 of 2 passed.',
    'For whom: You · by which right: Orders.Read · allowed by: Orders API.',
  ])
})

it('the scenes of a turn as the agent’s user account include both tokens that nobody saw', () => {
  const scenes = tellScenes(gatherFacts(accountTurn, 'agent-user', false), names)
  expect(scenes.slice(0, 4).map(({ headline, lit }) => `${headline} ${lit.join()}`)).toEqual([
    'You ask. The agent acts as its own user account. ',
    'The blueprint vouches for the agent. T1',
    'The agent vouches for its user account. T1,T2',
    'With T1, Entra ID exchanges T2 for TR. T1,T2,exchange,TR',
  ])
})

it('the scenes show only what happened', () => {
  const failed = step('r', { kind: 'token-request', status: 'failed' })
  const headlines = (steps: Parameters<typeof gatherFacts>[0]) =>
    tellScenes(gatherFacts(steps, 'autonomous', false), names).map(({ headline }) => headline)
  expect(headlines([failed])).toEqual([
    'You ask. The agent acts as itself.',
    'The blueprint vouches for the agent.',
    'Sidecar gave the agent no token.',
  ])
  expect(headlines([step('t', { kind: 'token', token: ownToken })])).not.toContain(
    'Orders API checks TR, and decides.',
  )
})
