/** An API behind the installed token check: GET / responds with the decision, and /pass/<ms> moves the clock of this process. */
import { createServer } from 'node:http'
import { AccessRefused, createResourceServer } from '@entra-agents/tokens'

const { AUTHORITY: authority, PORT } = process.env
let aheadMs = 0
const now = Date.now
Date.now = () => now() + aheadMs

const api = createResourceServer({
  name: 'tasks-api',
  authority,
  tenantId: '11111111-2222-4333-8444-555555555555',
  appId: '99999999-0000-4000-8000-00000000000a',
  callers: [{ clientId: 'bbbbbbbb-0000-4000-8000-00000000000b', isAgent: true }],
  permissions: { autonomous: 'Tasks.Read.All' },
})

createServer(async (request, response) => {
  const [, , ms] = request.url.split('/')
  if (ms !== undefined) {
    aheadMs += Number(ms)
    return response.end('{}')
  }
  try {
    response.end(JSON.stringify(await api.authorize(request)))
  } catch (error) {
    if (!(error instanceof AccessRefused)) throw error
    response.writeHead(error.status, error.headers).end(JSON.stringify(error.problem))
  }
}).listen(Number(PORT), 'localhost')
