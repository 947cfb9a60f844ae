import type { Problem, TraceStep } from '@entra-agents/trace'
import { describe, expect, it } from 'vitest'
import { agentToken, apiCall, ownToken, step, toolRun, userToken } from '../testing/trace.ts'
import { challenge } from '../testing/waiting.ts'
import { isRow, rowsOfSequence, titleOfHop, withMessages } from './sequence.ts'
import { toTimeline } from './timeline.ts'

const outline = (steps: readonly TraceStep[], isAnswered = true) =>
  withMessages(
    rowsOfSequence(toTimeline(steps).rows, row => row.isOpenAtFirst),
    isAnswered,
  ).map(hop =>
    isRow(hop) ? titleOfHop(hop.step, hop.id, hop.step.id === 's') : `${hop.from} → ${hop.to}: ${hop.title}`,
  )

describe('the sequence', () => {
  it('begins with the question and ends with the answer; each call of an API has its reply, after its checks', () => {
    const check = step('a-check', { kind: 'validation', parentId: 'a-call' })
    expect(outline([...toolRun('a'), check])).toEqual([
      'user → agent: Question',
      'a',
      'a-request',
      'a-T1',
      'a-token',
      'a-call',
      'a-check',
      'orders-api → agent: 200',
      'agent → user: Answer',
    ])
  })

  it('shows once how TR was obtained, and then every call with TR, if the calls of several tools are folded', () => {
    const model = (id: string, ...toolCalls: string[]) =>
      step(id, { kind: 'model', to: 'bedrock', response: { status: 200, body: { toolCalls } } })
    expect(outline([model('m', 'x'), ...toolRun('a'), ...toolRun('b'), model('n')], false)).toEqual([
      'user → agent: Question',
      'Ask the model',
      `same-${ownToken.fingerprint}`,
      'a-T1',
      'a-token',
      'a',
      'a-call',
      'orders-api → agent: 200',
      'b',
      'b-call',
      'orders-api → agent: 200',
      'Ask the model',
      'bedrock → agent: Answer',
    ])
  })

  it('shows the stronger sign-in that an API asked for, and the Tc that follows as “Tc again”', () => {
    const refused = apiCall('r', agentToken, {
      status: 'failed',
      response: { status: 401 },
      problem: { claimsChallenge: challenge } as Problem,
    })
    const arrived = (id: string) => step(id, { kind: 'sign-in', token: userToken })
    expect(outline([arrived('s'), refused, arrived('s2')], false)).toEqual([
      'Question',
      'r',
      'orders-api → agent: 401',
      'user → entra: Sign in for c1',
      'entra → user: Issue Tc',
      'Tc again',
    ])
  })

  it('shortens long titles, which would cross the lanes', () => {
    const title = 'Tool: create_alert Oslo, temperature-below, -5'
    expect(titleOfHop(step('w', { kind: 'tool' }), title, false)).toBe('Tool: create_alert Oslo, te…')
  })
})
