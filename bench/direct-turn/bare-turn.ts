/**
 * The peer of the direct turn: the same two calls (sidecar, weather API) behind Node's HTTP server, without validation,
 * identity checks, trace or problems. It is the least that a server can do for this answer.
 */
import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'
import { Agent, request } from 'undici'

const { PORT, SIDECAR_URL, WEATHER_API_URL, AGENT_CLIENT_ID } = process.env
const dispatcher = new Agent({ connections: 128 })

createServer(async (incoming, outgoing) => {
  if (incoming.method === 'GET') {
    outgoing.end('ok')
    return
  }
  const { message } = (await json(incoming)) as { message: string }
  const tokenUrl = `${SIDECAR_URL}/AuthorizationHeaderUnauthenticated/weatherApp?AgentIdentity=${AGENT_CLIENT_ID}`
  const token = (await (await request(tokenUrl, { dispatcher })).body.json()) as {
    authorizationHeader: string
  }
  const city = encodeURIComponent(message.replace(/^Weather in |\?$/g, ''))
  const weather = await request(`${WEATHER_API_URL}/weather?city=${city}`, {
    dispatcher,
    headers: { authorization: token.authorizationHeader },
  })
  outgoing
    .setHeader('content-type', 'application/json')
    .end(JSON.stringify({ answer: await weather.body.json() }))
}).listen(Number(PORT))
