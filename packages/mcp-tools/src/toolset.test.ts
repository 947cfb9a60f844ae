import type { Permit } from '@entra-agents/identity/core'
import { ids } from '@entra-agents/identity/testing/fixtures'
import { problemOf, stepsOf } from '@entra-agents/identity/testing/stage'
import { afterAll, describe, expect, it } from 'vitest'
import { refuse, tool } from './testing/scripted-servers.ts'
import { ToolsetStage } from './testing/toolset-stage.ts'

const permit: Permit = { idempotencyKey: 'key-of-the-call', isIdempotent: false, mayHaveRun: false }
const claims = JSON.stringify({ access_token: { acrs: { essential: true, value: 'c1' } } })
const challenge = `realm="", error="insufficient_claims", claims="${btoa(claims)}"`
const notes = { tools: [tool('get_note'), tool('write_note')] }
const allowedTools = ['get_note', 'write_note']

const stage = await ToolsetStage.start()
afterAll(() => stage.close())
const loadForAda = (more: object = {}) => stage.load({ ...notes, ...more }, { allowedTools }, ids.ada)

describe('The tools of an MCP server', () => {
  it('carry a description of their change if their calls wait for approval, and log and status name them', async () => {
    const { offered, lines, toolset } = await loadForAda()
    const change = { effect: 'change', title: 'Call write_note of notes', isIdempotent: false }
    expect(offered).toMatchObject([
      { tool: { name: 'notes__get_note' }, api: { name: 'notes' }, change: undefined },
      { tool: { name: 'notes__write_note' }, api: { name: 'notes' }, change },
    ])
    const logged = lines.filter(line => line.includes('wait for approval')).map(line => JSON.parse(line))
    expect(logged).toMatchObject([{ api: 'notes', tools: ['write_note'] }])
    const health = [{ name: 'get_note' }, { name: 'write_note', waits: true }]
    expect(toolset.source?.health().tools).toMatchObject(health)
    const ofModel = ['notes__get_note', 'notes__write_note']
    expect(new Set(toolset.source?.toolNames)).toEqual(new Set([...allowedTools, ...ofModel]))
  })

  it('are listed and called with the token of the turn’s user, and the trace shows the call without its arguments', async () => {
    const { received, turn, call, sidecar } = await stage.load({}, { api: { flows: ['obo'] } }, ids.ada)
    await call('notes__get_note')
    const tokens = sidecar.requests.map(({ headers }) => headers.authorization)
    expect(new Set(tokens)).toEqual(new Set([`Bearer token-of-${ids.ada}`]))
    expect(stepsOf(turn, 'api-call').at(-1)?.request).toMatchObject({
      method: 'POST',
      url: `${stage.servers.url}/${received()[0]?.path}`,
      body: { method: 'tools/call', params: { name: 'get_note' } },
    })
  })

  it('are neither offered to the agent itself nor looked up by it if the server is for users only', async () => {
    const { offered, received } = await stage.load({}, { api: { flows: ['obo'] } })
    expect(offered).toEqual([])
    expect(received()).toEqual([])
  })
})

describe('A tool that changes something', () => {
  it('is not called without a permit', async () => {
    const { call, calls } = await loadForAda()
    await expect(call('notes__write_note')).rejects.toThrow('nothing permits it')
    expect(calls()).toEqual([])
  })

  it('is called with the approved call’s idempotency key, which the trace does not show', async () => {
    const { call, calls, turn } = await loadForAda()
    await call('notes__write_note', permit)
    const meta = { 'entra-bedrock-agent/idempotency-key': 'key-of-the-call' }
    expect(calls()).toMatchObject([{ name: 'write_note', _meta: meta }])
    expect(stepsOf(turn, 'api-call').at(-1)).toMatchObject({ status: 'ok' })
    expect(JSON.stringify(turn.trace.steps)).not.toContain('key-of-the-call')
  })

  it('causes a step-up if the server asks for a second factor, and fails if the server asks again', async () => {
    const { call, calls, sidecar } = await loadForAda({ onCall: refuse(401, challenge) })
    await expect(call('notes__write_note', permit)).rejects.toMatchObject({
      code: 'STEP_UP_REQUIRED',
      options: { upstream: { service: 'notes', status: 401 }, extensions: { claimsChallenge: claims } },
    })
    const again = call('notes__write_note', { ...permit, claims })
    await expect(again).rejects.toEqual(problemOf('STEP_UP_NOT_CARRIED'))
    expect(calls()).toHaveLength(2)
    const { target = '' } = sidecar.requests.at(-1) ?? {}
    const asked = new URL(target.replace('GET ', ''), 'http://sidecar').searchParams
    expect(asked.get('optionsOverride.AcquireTokenOptions.Claims')).toBe(claims)
  })
})

it('A tool that only reads is called without a permit, and fails if the server asks for a second factor', async () => {
  const { call, calls } = await loadForAda()
  await call('notes__get_note')
  expect(calls()).toEqual([{ name: 'get_note', arguments: {} }])
  const refused = await loadForAda({ onCall: refuse(401, challenge) })
  await expect(refused.call('notes__get_note')).rejects.toEqual(problemOf('CONDITIONAL_ACCESS_REQUIRED'))
})
