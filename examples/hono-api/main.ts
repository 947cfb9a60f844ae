import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { api } from './api.ts' // +

const app = new Hono()
app.get('/tasks', ({ req, json }) => json([`Water the plants of ${api.callerOf(req.raw).objectId}`])) // +
serve({ fetch: api.protect(request => app.fetch(request)), port: 3000 }) // +
