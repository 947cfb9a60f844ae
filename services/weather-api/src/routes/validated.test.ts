import { type Caller, describeAccess } from '@entra-agents/tokens'
import { Check } from 'typebox/value'
import { expect, it } from 'vitest'
import { Validated } from './schemas.ts'

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

it('The schema fits what the API says of a token, and nothing with an unknown member or a wrong value', () => {
  const right = [autonomous, onBehalfOf, agentUser]
  const wrong = [
    { ...autonomous, more: 1 },
    { ...autonomous, on_behalf_of: 7 },
    { ...autonomous, kind: 'robot' },
    { ...autonomous, checks: [{ name: 'signature', ok: true, more: 1 }] },
    { ...autonomous, checks: [{ name: 'another', ok: true }] },
  ]
  expect([...right, ...wrong].filter(told => Check(Validated, told))).toEqual(right)
})
