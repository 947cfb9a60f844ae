/**
 * The two calls of an agent's turn (sidecar, weather API), written by hand for the one flow and one API of the benchmarks. They
 * have a deadline and check the token's claims. With a static key only the API is called.
 */
import { hash } from 'node:crypto'
import { Agent, request } from 'undici'

const { SIDECAR_URL, WEATHER_API_URL, AGENT_CLIENT_ID, TENANT_ID, STATIC_KEY } = process.env
const dispatcher = new Agent({ connections: 128 })
const tokenUrl = `${SIDECAR_URL}/AuthorizationHeaderUnauthenticated/weatherApp?AgentIdentity=${AGENT_CLIENT_ID}`

/** Schema of a question to the servers that the agent is compared with. */
export function questionSchema(mode: 'direct' | 'bedrock') {
  return {
    type: 'object',
    required: ['message', 'mode', 'flow'],
    additionalProperties: false,
    properties: {
      message: { type: 'string', minLength: 1, maxLength: 4_000 },
      mode: { enum: [mode] },
      flow: { enum: ['autonomous', 'obo', 'agent-user'] },
    },
  } as const
}

/** Obtains a token from the sidecar and calls the weather API with it; returns the weather and the token's claims and fingerprint. */
export async function askWeather(city: string) {
  const authorization = String((await get(tokenUrl))['authorizationHeader'])
  const [header, payload] = authorization
    .slice('Bearer '.length)
    .split('.')
    .map(part => Buffer.from(part, 'base64url').toString())
  const claims = JSON.parse(payload ?? '') as Record<string, unknown>
  if (claims['tid'] !== TENANT_ID || (claims['azp'] ?? claims['appid']) !== AGENT_CLIENT_ID)
    throw new Error('The token is another agent’s.')
  const weather = await getWeather(city, authorization)
  const fingerprint = hash('sha256', authorization).slice(0, 12)
  return { weather, token: { fingerprint, header: JSON.parse(header ?? ''), claims } }
}

/** Calls the weather API, unless told otherwise with the key that the environment has. */
export function getWeather(city: string, authorization = STATIC_KEY) {
  return get(`${WEATHER_API_URL}/weather?city=${encodeURIComponent(city)}`, authorization)
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
