import { type Caller, describeAccess } from '@entra-agents/tokens'
import { Check } from 'typebox/value'
import { expect, it } from 'vitest'
import { Validated } from './validated.ts'

const agent: Caller = {
  flow: 'autonomous',
  kind: 'agent',
  caller: 'agent-1',
  objectId: 'user-1',
  tenantId: 'tenant-1',
  blueprintAppId: undefined,
  tokenId: undefined,
  checks: ['signature', 'issuer', 'audience', 'lifetime', 'tenant', 'caller', 'permission'],
}
const autonomous = describeAccess(agent)
const onBehalfOf = describeAccess({ ...agent, flow: 'obo', kind: 'agentForUser' })
const agentUser = describeAccess({ ...agent, flow: 'agent-user', kind: 'agentUser' })

it.each([autonomous, onBehalfOf, agentUser])('What the API says of a token matches the schema: %j', told => {
  expect(Check(Validated, told)).toBe(true)
})

it.each([
  { ...autonomous, more: 1 },
  { ...autonomous, on_behalf_of: 7 },
  { ...autonomous, kind: 'robot' },
  { ...autonomous, checks: [{ name: 'signature', ok: true, more: 1 }] },
  { ...autonomous, checks: [{ name: 'another', ok: true }] },
])('The schema refuses an unknown member or a wrong value: %j', told => {
  expect(Check(Validated, told)).toBe(false)
})
