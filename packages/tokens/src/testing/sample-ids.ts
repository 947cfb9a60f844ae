/** The ids in the tokens of tests. */
export const sampleIds = {
  tenantId: '11111111-2222-4333-8444-555555555555',
  blueprintAppId: 'cccccccc-0000-4000-8000-00000000000c',
  agentClientId: 'bbbbbbbb-0000-4000-8000-00000000000b',
  agentUser: 'eeeeeeee-0000-4000-8000-0000000000a1',
  pageAppId: 'dddddddd-0000-4000-8000-00000000000d',
  ada: 'eeeeeeee-0000-4000-8000-0000000000e1',
  ben: 'eeeeeeee-0000-4000-8000-0000000000e2',
}
