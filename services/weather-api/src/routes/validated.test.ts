import { type Access, describeAccess } from '@entra-bedrock-agent/entra-tokens'
import { Check } from 'typebox/value'
import { expect, it } from 'vitest'
import { Validated } from './validated.ts'

const access: Access = {
  identity: {
    flow: 'autonomous',
    kind: 'agent',
    caller: 'agent-1',
    objectId: 'user-1',
    tenantId: 'tenant-1',
    blueprintAppId: undefined,
    tokenId: undefined,
  },
  checks: ['signature', 'issuer', 'audience', 'lifetime', 'tenant', 'caller', 'permission'],
}
const own = describeAccess(access)
const forUser = describeAccess({
  ...access,
  identity: { ...access.identity, flow: 'obo', kind: 'agentForUser' },
})

const asAgentUser = describeAccess({
  ...access,
  identity: { ...access.identity, flow: 'agent-user', kind: 'agentUser' },
})

it.each([own, forUser, asAgentUser])('What the API says of a token matches the schema: %j', told => {
  expect(Check(Validated, told)).toBe(true)
})

it.each([
  { ...own, more: 1 },
  { ...own, on_behalf_of: 7 },
  { ...own, kind: 'robot' },
  { ...own, checks: [{ name: 'signature', ok: true, more: 1 }] },
  { ...own, checks: [{ name: 'another', ok: true }] },
])('The schema refuses anything else: %j', told => {
  expect(Check(Validated, told)).toBe(false)
})
