import { requireCaller } from '@entra-agents/tokens/express' // +
import express from 'express'
import { api } from './api.ts' // +

const app = express()
app.use(requireCaller(api)) // +
app.get('/tasks', ({ caller }, response) => {
  response.json([`Water the plants of ${caller.objectId}`])
})
app.listen(3000)
