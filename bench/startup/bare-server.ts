/** The smallest Fastify service; the start-up benchmark compares the services with it. */
import fastify from 'fastify'

const app = fastify()
app.get('/livez', () => ({ status: 'ok' }))
await app.listen({ host: '::', port: Number(process.env['PORT']) })
