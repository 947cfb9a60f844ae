import { createResourceServer } from '@entra-agents/tokens'

export const api = createResourceServer({
  name: 'tasks-api',
  tenantId: '11111111-2222-4333-8444-555555555555',
  appId: '99999999-0000-4000-8000-00000000000a', // the client id of the API's app registration
  callers: [{ clientId: 'bbbbbbbb-0000-4000-8000-00000000000b', isAgent: true }],
  permissions: { autonomous: 'Tasks.Read.All', obo: 'Tasks.Read' }, // app role, scope
})
