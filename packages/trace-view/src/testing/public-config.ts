import type { PublicConfig } from '@entra-agents/trace'

export const tenantId = '11111111-2222-4333-8444-555555555555'
export const agentId = 'bbbbbbbb-0000-4000-8000-00000000000b'
export const blueprintId = 'cccccccc-0000-4000-8000-00000000000c'
export const apiId = 'aaaaaaaa-0000-4000-8000-00000000000a'
export const pageId = 'dddddddd-0000-4000-8000-00000000000d'

/** The configuration of an agent that calls an API for orders. */
export const publicConfig: PublicConfig = {
  tenantId,
  authority: `https://login.microsoftonline.com/${tenantId}`,
  spaClientId: pageId,
  scopes: [`api://${blueprintId}/access_as_user`],
  modes: ['direct', 'bedrock'],
  flows: ['autonomous', 'obo'],
  agents: [
    {
      name: 'default',
      title: 'Agent',
      clientId: agentId,
      flows: ['autonomous', 'obo'],
      apis: ['orders-api'],
      requireSignIn: false,
    },
  ],
  requireSignIn: false,
  blueprintCredential: 'secret',
  traceFor: 'everyone',
  apis: [{ name: 'orders-api', title: 'Orders API', appId: apiId }],
  names: {
    [tenantId]: 'this tenant',
    [agentId]: 'agent identity',
    [blueprintId]: 'blueprint',
    [pageId]: 'this page',
  },
  examples: ['Where is order 7?'],
  userExamples: ['Order skis'],
  modelExamples: ['Compare orders 7 and 8'],
  emulated: [],
}
