import { describe, expect, it } from 'vitest'
import type { Clock } from '../patience.ts'
import type { Probe } from './probe.ts'
import { type ProofOptions, prove } from './prove.ts'
import { describeProof, writeSeries } from './report.ts'
import type { Answer } from './series.ts'

const given = { kind: 'given', code: '200' } as const
const disabled = { kind: 'refused', code: 'AADSTS7000112' } as const
const denied = { kind: 'refused', code: '403 deny-list' } as const
const busy = { kind: 'busy', code: '429' } as const
const broken = { kind: 'failed', code: '502' } as const

interface Times {
  /** With `[10, disabled]`, requests for a new token get `disabled` from 10 s after the agent is switched off. */
  readonly fresh?: readonly [seconds: number, answer: Answer]
  readonly cached?: readonly [seconds: number, answer: Answer]
  readonly api?: readonly [seconds: number, answer: Answer]
  readonly control?: readonly [seconds: number, answer: Answer]
  readonly second?: readonly [seconds: number, answer: Answer]
}

const siblings = [
  { name: 'alerts', id: 'control' },
  { name: 'trainee', id: 'second' },
] as const
const isSibling = (agent: string): agent is 'control' | 'second' => siblings.some(({ id }) => id === agent)

type More = Partial<ProofOptions> & { readonly isOff?: boolean; readonly isDenied?: boolean }

/** Runs the proof with a scripted sidecar and API. Time passes only in `wait` of the clock; a token lives an hour. */
async function proveIn(times: Times, more: More = {}) {
  const waits: number[] = []
  const { isOff = true, isDenied = true, ...others } = more
  const enteredMs = Date.parse('2026-11-28T12:00:00Z')
  let nowMs = enteredMs
  const clock: Clock = {
    enteredMs,
    nowMs: () => nowMs,
    wait: async ms => {
      waits.push(ms)
      nowMs += ms
    },
  }
  let offMs = Number.MAX_SAFE_INTEGER
  const exp = Date.parse('2026-11-28T13:00:00Z') / 1_000
  const token = (agent: string) => `e30.${Buffer.from(JSON.stringify({ agent, exp })).toString('base64url')}.`
  const answerOf = (what: readonly [number, Answer] | undefined) =>
    what && nowMs >= offMs + what[0] * 1_000 ? what[1] : given
  const withToken = (answer: Answer, agent: string) =>
    answer.kind === 'given' ? { ...answer, token: token(agent) } : answer
  const probe: Probe = {
    fetchToken: async (agent, isNew) =>
      withToken(
        isSibling(agent) ? answerOf(times[agent]) : answerOf(isNew ? times.fresh : times.cached),
        agent,
      ),
    callApi: async of => answerOf(times[siblings.find(({ id }) => of === token(id))?.id ?? 'api']),
  }
  const switched = Promise.withResolvers<{ isOff: boolean; isDenied: boolean }>()
  const proof = await prove({
    ...{ probe, clock, agentId: 'agent', siblings, waitSeconds: 180 },
    switched: switched.promise,
    onFirstAnswers: () => {
      offMs = nowMs
      switched.resolve({ isOff, isDenied })
    },
    ...others,
  })
  const { result, note } = describeProof(proof)
  return {
    proof,
    result,
    text: `${writeSeries(proof)}\n${note}`,
    waits,
    seconds: (nowMs - enteredMs) / 1_000,
  }
}

describe('a proof', () => {
  it('reports when the last token was issued and the last call accepted, and ends as soon as the result is certain', async () => {
    const { proof, text, seconds } = await proveIn({ fresh: [1, disabled], api: [2, denied] })
    expect(proof.doubts).toEqual([])
    expect(text).toMatch(/new token, past the sidecar’s cache +7 of 2\d +0\.90 +1\.05 +AADSTS7000112\n/)
    expect(text).toMatch(/call with an earlier token +\d+ of \d+ +1\.95 +2\.10 +403 deny-list\n/)
    expect(text).toMatch(/No new token, and no call with an earlier one\.$/)
    expect(seconds).toBeLessThan(4)
  })

  it('uses two other agents as controls, but leaves out a control that did not work before the switch', async () => {
    const both = await proveIn({ fresh: [1, disabled], api: [2, denied] })
    expect(both.text).toMatch(/control "alerts" +(\d+) of \1 /)
    expect(both.text).toMatch(/control "trainee" +(\d+) of \1 /)
    const never = [-Infinity, disabled] as const
    const { proof, text } = await proveIn({ fresh: [1, disabled], api: [2, denied], control: never })
    expect(proof.doubts).toEqual([])
    expect(text).not.toContain('"alerts"')
  })

  it('without a deny list ends early and says until when tokens live', async () => {
    const { proof, text, seconds } = await proveIn({ fresh: [1, disabled] }, { isDenied: false })
    expect(proof.doubts).toEqual([])
    expect(text).toContain('The earlier token lives until 2026-11-28T13:00:00.000Z')
    expect(text).toContain('\nNo new token.\n')
    expect(seconds).toBeLessThan(4)
  })

  it('without a deny list waits until the token expires, if the time limit allows', async () => {
    const expired = { kind: 'refused', code: '401 lifetime' } as const
    const times: Times = { fresh: [1, disabled], api: [3_660, expired] }
    const { proof, seconds } = await proveIn(times, { isDenied: false, waitSeconds: 4_000 })
    expect(proof.doubts).toEqual([])
    expect(seconds).toBeGreaterThan(3_660)
  })

  // biome-ignore format: table
  const unproven: readonly (readonly [what: string, times: Times, doubt: RegExp, more: More])[] = [
    ['when Entra goes on issuing tokens', { api: [0, denied] }, /Entra still issued new tokens/, {}],
    ['when the API goes on accepting a token', { fresh: [0, disabled] }, /The API still accepted an earlier token/, {}],
    ['when everything fails, the control too', { fresh: [0, broken], api: [0, broken], control: [0, broken] }, /The control "alerts" failed too \(502\)/, {}],
    ['when the control is refused too', { fresh: [0, disabled], api: [0, denied], control: [0, disabled] }, /The control "alerts" failed too \(AADSTS7000112\)/, {}],
    ['when one of two controls is refused too', { fresh: [0, disabled], api: [0, denied], second: [0, disabled] }, /The control "trainee" failed too \(AADSTS7000112\)/, {}],
    ['when no control worked before the switch', { fresh: [0, disabled], api: [0, denied], control: [-Infinity, broken], second: [-Infinity, broken] }, /The control "alerts" failed too \(502\)/, {}],
    ['when Entra refuses for another reason', { fresh: [0, { kind: 'refused', code: 'AADSTS7000222' }], api: [0, denied] }, /Entra refused with AADSTS7000222/, {}],
    ['when the API refuses for another reason', { fresh: [0, disabled], api: [0, { kind: 'refused', code: '403 caller' }] }, /The API refused for another reason: 403 caller/, {}],
    ['when the API is gone', { fresh: [0, disabled], api: [0, broken] }, /or did not answer \(502\)/, {}],
    ['without another agent', { fresh: [0, disabled], api: [0, denied] }, /There is no other agent/, { siblings: [] }],
    ['when Entra was not told', { fresh: [0, disabled], api: [0, denied] }, /Entra was not told to switch the agent off/, { isOff: false }],
    ['when no earlier token can be had for the deny list', { fresh: [-Infinity, disabled], cached: [-Infinity, disabled] }, /No call with an earlier token was measured: the sidecar gave none \(AADSTS7000112\)/, {}],
  ]
  it.each(unproven)('fails %s', async (_what, times, doubt, more) => {
    const { text, result } = await proveIn(times, { waitSeconds: 20, ...more })
    expect(text).toMatch(doubt)
    expect(result).toBe('not proven')
  })

  it('polls less often while responses are `busy`, and counts these neither as success nor as failure', async () => {
    const { proof, waits } = await proveIn(
      { fresh: [0, disabled], api: [0, denied], control: [0, busy] },
      { waitSeconds: 20 },
    )
    expect(waits.slice(0, 7)).toEqual([150, 300, 600, 1_200, 2_400, 4_800, 5_000])
    expect(proof.controls.map(({ failed }) => failed)).toEqual([0, 0])
  })

  it('ends at once if neither Entra nor the deny list could be told, and waits only for the one that was', async () => {
    const none = await proveIn({}, { isOff: false, isDenied: false })
    expect(none.seconds).toBeLessThan(4)
    const onlyDenied = await proveIn({ api: [1, denied] }, { isOff: false })
    expect(onlyDenied.seconds).toBeLessThan(4)
    expect(onlyDenied.text).toMatch(/call with an earlier token .* 403 deny-list\n/)
  })

  it('of an agent that was off already measures its earlier token from the sidecar’s cache, and has no time before Enter', async () => {
    const off = await proveIn({ fresh: [-Infinity, disabled], api: [-Infinity, denied] })
    expect(off.result).toBe('proven')
    expect(off.text).toMatch(/new token, past the sidecar’s cache +0 of \d+ +never +0\.00 +AADSTS7000112\n/)
    expect(off.text).toMatch(/call with an earlier token +0 of \d+ +never +0\.15 +403 deny-list\n/)
    expect(off.text).toContain('asked every 0.1')
    expect(off.text).not.toMatch(/-\d/)
  })
})
