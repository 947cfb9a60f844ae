/** The identities of the emulated tenant, the same in every test. */
export const identities = {
  tenantId: '11111111-2222-4333-8444-555555555555',
  blueprintAppId: 'cccccccc-0000-4000-8000-00000000000c',
  agentId: 'bbbbbbbb-0000-4000-8000-00000000000b',
  weatherAppId: 'aaaaaaaa-0000-4000-8000-00000000000a',
  pageAppId: 'dddddddd-0000-4000-8000-00000000000d',
  ada: { oid: 'eeeeeeee-0000-4000-8000-0000000000e1', name: 'Ada Osei', upn: 'ada@contoso.example' },
  ben: { oid: 'eeeeeeee-0000-4000-8000-0000000000e2', name: 'Ben Lindqvist', upn: 'ben@contoso.example' },
} as const

/** The agent identity as the agent's configuration has it. */
export const agentIdentity = {
  clientId: identities.agentId,
  blueprintAppId: identities.blueprintAppId,
  tenantId: identities.tenantId,
  authority: 'https://login.microsoftonline.com',
} as const
