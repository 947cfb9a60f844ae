import { Client } from '@microsoft/microsoft-graph-client'
import { callsOf, tenant } from './witness.mjs'

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

const call = callsOf('@microsoft/microsoft-graph-client')
await call('GET /applications/…agentIdentityBlueprint', 'true', async () =>
  isFilled(await get('/applications/microsoft.graph.agentIdentityBlueprint')),
)
await call('GET /servicePrincipals/…agentIdentity', 'true', async () =>
  isFilled(await get('/servicePrincipals/microsoft.graph.agentIdentity')),
)
await call('GET /users?$select&$top', 'next=true keys=id', async () => {
  const page = await asApplication.api('/users').select('id').top(1).get()
  const keys = Object.keys(page.value[0]).filter(key => !key.startsWith('@'))
  return `next=${page['@odata.nextLink'] !== undefined} keys=${keys}`
})
await call('GET /me as a user', '{userName}', async () => (await asUser.api('/me').get()).userPrincipalName)
await call('GET /me/memberOf', 'ok', async () => isList(await asUser.api('/me/memberOf').get()))
await call('GET /groups', 'ok', async () => isList(await get('/groups')))
await call('$batch', 'status=200', async () => {
  const requests = [{ id: '1', method: 'GET', url: '/users' }]
  const { responses } = await asApplication.api('/$batch').post({ requests })
  return `status=${responses[0].status}`
})
