import { AccessRefused, type Caller } from '@entra-agents/tokens'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { api } from './api.ts'

const app = new Hono<{ Variables: { caller: Caller } }>()
app.use(async (context, next) => {
  try {
    context.set('caller', await api.authorize(context.req.raw))
  } catch (error) {
    if (error instanceof AccessRefused) return error.toResponse()
    throw error
  }
  await next()
  return undefined
})
app.get('/tasks', context => context.json([`Water the plants of ${context.get('caller').objectId}`]))
serve({ fetch: app.fetch, port: 3000 })
