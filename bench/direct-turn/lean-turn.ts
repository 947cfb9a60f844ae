/**
 * A carefully written server for the one question of this benchmark: Fastify with a schema for the body, a call of the sidecar,
 * a call of the weather API, and a response as large as the agent's. It has one flow, one API, one language, no limits and no
 * problems (RFC 9457), and its trace is made up.
 */
import Fastify from 'fastify'
import { askWeather, questionSchema } from '../support/lean-calls.ts'

const headers = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

const app = Fastify({ logger: { level: 'warn' } })
app.get('/livez', () => ({ status: 'ok' }))
app.post<{ Body: { message: string } }>(
  '/',
  { schema: { body: questionSchema('direct') } },
  async (incoming, reply) => {
    const { token, weather } = await askWeather(incoming.body.message.replace(/^Weather in |\?$/g, ''))
    reply.headers(headers)
    return {
      answer: `${weather['city']}: ${weather['condition']}, ${weather['temperature_c']} °C`,
      trace: Array.from({ length: 4 }, () => ({ token, weather })),
    }
  },
)
await app.listen({ port: Number(process.env['PORT']), host: 'localhost' })
