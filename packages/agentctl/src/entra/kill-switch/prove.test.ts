import { expect, it } from 'vitest'
import type { Probe } from './probe.ts'
import { prove } from './prove.ts'
import { describeProof, writeSeries } from './report.ts'
import type { Answer } from './series.ts'

/** The answer to requests of a kind, from so many seconds after the agent is switched off. */
type Change = readonly [seconds: number, answer: Answer]
interface Situation {
  readonly fresh?: Change
  readonly cached?: Change
  readonly api?: Change
  readonly alerts?: Change
  readonly trainee?: Change
  readonly siblings?: readonly ('alerts' | 'trainee')[]
  readonly waitSeconds?: number
  readonly isOff?: boolean
  readonly isDenied?: boolean
}

const given = { kind: 'given', code: '200' } as const
const disabled = { kind: 'refused', code: 'AADSTS7000112' } as const
const denied = { kind: 'refused', code: '403 deny-list' } as const
const expired = { kind: 'refused', code: '401 lifetime' } as const
const busy = { kind: 'busy', code: '429' } as const
const broken = { kind: 'failed', code: '502' } as const

/** Runs the proof with a scripted sidecar and API. Time passes only in `wait` of the clock; a token lives an hour. */
async function proveIn(situation: Situation): Promise<string> {
  const { siblings = ['alerts', 'trainee'], isOff = true, isDenied = true, waitSeconds = 180 } = situation
  const enteredMs = Date.parse('2026-11-28T12:00:00Z')
  let nowMs = enteredMs
  let offMs = Number.MAX_SAFE_INTEGER
  const waits: number[] = []
  const wait = async (ms: number) => {
    waits.push(ms)
    nowMs += ms
  }
  const exp = enteredMs / 1_000 + 3_600
  const token = (agent: string) => `e30.${Buffer.from(JSON.stringify({ agent, exp })).toString('base64url')}.`
  const answer = (kind: keyof Situation) => {
    const [seconds, changed] = (situation[kind] as Change | undefined) ?? [Infinity, given]
    return nowMs >= offMs + seconds * 1_000 ? changed : given
  }
  const probe: Probe = {
    fetchToken: async (agent, isNew) => {
      const got = answer(agent !== 'api' ? (agent as 'alerts') : isNew ? 'fresh' : 'cached')
      return got.kind === 'given' ? { ...got, token: token(agent) } : got
    },
    callApi: async sent => answer(siblings.find(id => sent === token(id)) ?? 'api'),
  }
  const switched = Promise.withResolvers<{ isOff: boolean; isDenied: boolean }>()
  const proof = await prove({
    ...{ probe, agentId: 'api', waitSeconds, siblings: siblings.map(id => ({ name: id, id })) },
    clock: { enteredMs, nowMs: () => nowMs, wait },
    switched: switched.promise,
    onFirstAnswers: () => {
      offMs = nowMs
      switched.resolve({ isOff, isDenied })
    },
  })
  const { result, note = '' } = describeProof(proof)
  const longer = waits.filter(ms => ms > 150)
  return [
    ...`${writeSeries(proof).trim()}\n${result}: ${note}`.split('\n'),
    `over after ${((nowMs - enteredMs) / 1_000).toFixed(2)} s`,
    ...(longer.length > 0 ? [`longer pauses: ${longer.slice(0, 7)} ms`] : []),
  ].join('\n    ')
}

// biome-ignore format: table
const situations: readonly (readonly [what: string, situation: Situation])[] = [
  ['new tokens are refused after 1 s, and earlier ones after 2 s', { fresh: [1, disabled], api: [2, denied] }],
  ['a control did not work before the switch', { fresh: [1, disabled], api: [2, denied], alerts: [-Infinity, disabled] }],
  ['there is no deny list, and the token lives longer than the proof may take', { fresh: [1, disabled], isDenied: false }],
  ['there is no deny list, and the token expires in time', { fresh: [1, disabled], api: [3_660, expired], isDenied: false, waitSeconds: 4_000 }],
  ['the agent was off already, and the sidecar still has a token', { fresh: [-Infinity, disabled], api: [-Infinity, denied] }],
  ['a control is busy', { fresh: [0, disabled], api: [0, denied], alerts: [0, busy], waitSeconds: 20 }],
  ['neither Entra nor the deny list could be told', { isOff: false, isDenied: false }],
  ['only the deny list could be told', { api: [1, denied], isOff: false }],
  ['Entra goes on issuing tokens', { api: [0, denied], waitSeconds: 20 }],
  ['the API goes on accepting a token', { fresh: [0, disabled], waitSeconds: 20 }],
  ['everything fails, the control too', { fresh: [0, broken], api: [0, broken], alerts: [0, broken], waitSeconds: 20 }],
  ['a control is refused too', { fresh: [0, disabled], api: [0, denied], alerts: [0, disabled], waitSeconds: 20 }],
  ['the other control is refused too', { fresh: [0, disabled], api: [0, denied], trainee: [0, disabled], waitSeconds: 20 }],
  ['no control worked before the switch', { fresh: [0, disabled], api: [0, denied], alerts: [-Infinity, broken], trainee: [-Infinity, broken], waitSeconds: 20 }],
  ['Entra refuses for another reason', { fresh: [0, { kind: 'refused', code: 'AADSTS7000222' }], api: [0, denied], waitSeconds: 20 }],
  ['the API refuses for another reason', { fresh: [0, disabled], api: [0, { kind: 'refused', code: '403 caller' }], waitSeconds: 20 }],
  ['the API is gone', { fresh: [0, disabled], api: [0, broken], waitSeconds: 20 }],
  ['there is no other agent', { fresh: [0, disabled], api: [0, denied], siblings: [], waitSeconds: 20 }],
  ['Entra was not told', { fresh: [0, disabled], api: [0, denied], isOff: false, waitSeconds: 20 }],
  ['no earlier token can be had for the deny list', { fresh: [-Infinity, disabled], cached: [-Infinity, disabled], waitSeconds: 20 }],
]

it('a proof says what it measured, and is over as soon as the result is certain', async () => {
  const texts: string[] = []
  for (const [what, situation] of situations) texts.push(`${what}\n    ${await proveIn(situation)}\n`)
  await expect(texts.join('\n')).toMatchFileSnapshot('prove.txt')
})
