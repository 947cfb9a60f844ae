/** The demo's notes: an MCP server behind Entra's tokens, whose note tries to take over the agent that reads it. */
import { serve } from '@hono/node-server'

const loadNotes = () => import('./notes.ts')

serve({
  hostname: 'localhost',
  port: Number(process.env['PORT']),
  fetch: async request => {
    if (new URL(request.url).pathname === '/healthz') return new Response()
    const { answerMcp } = await loadNotes()
    return answerMcp(request)
  },
})
// Loaded before the first call, which waits a second at most, but not while the demo starts, which would be slower then.
setTimeout(loadNotes, 2_000)
