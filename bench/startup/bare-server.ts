/** The peer: the smallest Fastify service. */
import fastify from 'fastify'

const app = fastify()
app.get('/livez', () => ({ status: 'ok' }))
await app.listen({ host: '::', port: Number(process.env['PORT']) })
