/** The peer: the smallest Fastify service. What it needs to start, every service needs. */
import fastify from 'fastify'

const app = fastify()
app.get('/livez', () => ({ status: 'ok' }))
await app.listen({ host: '::', port: Number(process.env['PORT']) })
