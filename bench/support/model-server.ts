/**
 * A server in place of Bedrock that takes as little CPU as possible: each ConverseStream is answered with prepared bytes. A
 * message that begins with “weather” is answered with a call of get_weather first. A message that begins with “hold” gets a
 * token at once, and another token every second until `POST /release` ends the answer. With a `CERTIFICATE` (a file that has the key, too)
 * it speaks TLS.
 */
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { text as bodyOf } from 'node:stream/consumers'
import { stopEvents, textBlock, toFrame, toolBlock } from '../../tests/contract/bedrock/scripted-bedrock.ts'

const tokensPerAnswer = 60

const words = Array.from({ length: tokensPerAnswer }, (_, index) => `word${index} `)
const [start, ...rest] = textBlock(...words).map(toFrame)
const [firstToken, ...others] = rest
const endFrames = stopEvents('end_turn').map(toFrame)
const toolCallFrames = [
  ...toolBlock(0, 'call-1', 'get_weather', '{"city":', '"Dallas"}'),
  ...stopEvents('tool_use'),
].map(toFrame)
const heldResponses = new Set<ServerResponse>()

const answer: RequestListener = async (request, response) => {
  if (request.url === '/release') {
    for (const held of heldResponses) held.end(Buffer.concat(endFrames))
    heldResponses.clear()
  }
  if (request.method === 'GET' || request.url === '/release') {
    response.end('ok')
    return
  }
  const body = await bodyOf(request)
  response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' })
  if (!start || !firstToken) return
  if (body.includes('"text":"weather') && !body.includes('"toolResult"')) {
    for (const bytes of [start, ...toolCallFrames]) response.write(bytes)
    response.end()
    return
  }
  response.write(start)
  response.write(firstToken)
  if (body.includes('"text":"hold')) {
    heldResponses.add(response)
    response.once('close', () => heldResponses.delete(response))
    return
  }
  // Writes each event by itself, so that clients get the answer in many chunks.
  for (const bytes of [...others, ...endFrames]) response.write(bytes)
  response.end()
}

const { PORT, CERTIFICATE } = process.env
const pem = CERTIFICATE ? readFileSync(CERTIFICATE) : undefined
const server = pem ? createTlsServer({ key: pem, cert: pem }, answer) : createServer(answer)
server.listen(Number(PORT), 'localhost')

setInterval(() => {
  for (const held of heldResponses) if (firstToken) held.write(firstToken)
}, 1_000)
