/**
 * What a careful author would write for the one question that is asked here: Fastify with a schema for the body, the agent's two
 * calls with a deadline, the token's claims looked at, and a response as large as the agent's. It knows no other flow, failure,
 * limit, API or language, and its trace is made up.
 */
import { hash } from 'node:crypto'
import Fastify from 'fastify'
import { Agent, request } from 'undici'

const { PORT, SIDECAR_URL, WEATHER_API_URL, AGENT_CLIENT_ID, TENANT_ID } = process.env
const dispatcher = new Agent({ connections: 128 })
const tokenUrl = `${SIDECAR_URL}/AuthorizationHeaderUnauthenticated/weatherApp?AgentIdentity=${AGENT_CLIENT_ID}`
const body = {
  type: 'object',
  required: ['message', 'mode', 'flow'],
  additionalProperties: false,
  properties: {
    message: { type: 'string', minLength: 1, maxLength: 4_000 },
    mode: { enum: ['direct'] },
    flow: { enum: ['autonomous'] },
  },
} as const
const headers = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

async function get(url: string, authorization?: string): Promise<Record<string, unknown>> {
  const response = await request(url, {
    dispatcher,
    signal: AbortSignal.timeout(10_000),
    ...(authorization === undefined ? {} : { headers: { authorization } }),
  })
  if (response.statusCode !== 200) throw new Error(`${url} answered ${response.statusCode}.`)
  return (await response.body.json()) as Record<string, unknown>
}

const app = Fastify({ logger: { level: 'warn' } })
app.get('/livez', () => ({ status: 'ok' }))
app.post<{ Body: { message: string } }>('/', { schema: { body } }, async (incoming, reply) => {
  const authorization = String((await get(tokenUrl))['authorizationHeader'])
  const [header, payload] = authorization
    .slice('Bearer '.length)
    .split('.')
    .map(part => Buffer.from(part, 'base64url').toString())
  const claims = JSON.parse(payload ?? '') as Record<string, unknown>
  if (claims['tid'] !== TENANT_ID || (claims['azp'] ?? claims['appid']) !== AGENT_CLIENT_ID)
    throw new Error('The token is another agent’s.')
  const city = encodeURIComponent(incoming.body.message.replace(/^Weather in |\?$/g, ''))
  const weather = await get(`${WEATHER_API_URL}/weather?city=${city}`, authorization)
  const fingerprint = hash('sha256', authorization).slice(0, 12)
  const token = { fingerprint, header: JSON.parse(header ?? ''), claims }
  reply.headers(headers)
  return {
    answer: `${weather['city']}: ${weather['condition']}, ${weather['temperature_c']} °C`,
    trace: Array.from({ length: 4 }, () => ({ token, weather })),
  }
})
await app.listen({ port: Number(PORT), host: 'localhost' })
