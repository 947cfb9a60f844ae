import { Client } from '@microsoft/microsoft-graph-client'
import { makeCalls, tenant } from './witness.mjs'

const graph = token =>
  Client.initWithMiddleware({
    baseUrl: `${tenant.graph}/`,
    customHosts: new Set([new URL(tenant.graph).hostname]),
    authProvider: { getAccessToken: async () => token },
  })
const asApplication = graph(tenant.graphToken)
const asUser = graph(tenant.userTokenForGraph)
const get = path => asApplication.api(path).get()
const isList = ({ value }) => (Array.isArray(value) ? 'ok' : 'no list')
const isFilled = ({ value }) => value.length > 0

await makeCalls('@microsoft/microsoft-graph-client', [
  [
    'GET /applications/…agentIdentityBlueprint',
    'true',
    async () => isFilled(await get('/applications/microsoft.graph.agentIdentityBlueprint')),
  ],
  [
    'GET /servicePrincipals/…agentIdentity',
    'true',
    async () => isFilled(await get('/servicePrincipals/microsoft.graph.agentIdentity')),
  ],
  [
    'GET /users?$select&$top',
    'next=true keys=id',
    async () => {
      const page = await asApplication.api('/users').select('id').top(1).get()
      const keys = Object.keys(page.value[0]).filter(key => !key.startsWith('@'))
      return `next=${page['@odata.nextLink'] !== undefined} keys=${keys}`
    },
  ],
  ['GET /me as a user', '{userName}', async () => (await asUser.api('/me').get()).userPrincipalName],
  ['GET /me/memberOf', 'ok', async () => isList(await asUser.api('/me/memberOf').get())],
  ['GET /groups', 'ok', async () => isList(await get('/groups'))],
  [
    '$batch',
    'status=200',
    async () => {
      const requests = [{ id: '1', method: 'GET', url: '/users' }]
      const { responses } = await asApplication.api('/$batch').post({ requests })
      return `status=${responses[0].status}`
    },
  ],
])
