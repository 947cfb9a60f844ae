import type { Caller } from '@entra-agents/tokens' // +
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { api } from './api.ts' // +

const app = new Hono<{ Bindings: { caller: Caller } }>() // +
app.get('/tasks', ({ env, json }) => json([`Water the plants of ${env.caller.objectId}`]))
serve({ fetch: api.protect((request, caller) => app.fetch(request, { caller })), port: 3000 }) // +
