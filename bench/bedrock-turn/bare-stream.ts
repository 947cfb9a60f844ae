/**
 * The benchmark's peer: Node's HTTP server sends the text of the AWS SDK's ConverseStream as server-sent events, without
 * graph, tools, trace and checks. A server that uses the SDK cannot do less.
 */
import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'
import { createBareClient, streamText } from './bare-sdk.ts'

const client = createBareClient(process.env['AWS_ENDPOINT_URL_BEDROCK_RUNTIME'] ?? '')

createServer(async (request, response) => {
  if (request.method === 'GET') {
    response.end('ok')
    return
  }
  const { message } = (await json(request)) as { message: string }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for await (const text of streamText(client, message)) {
    response.write(`event: delta\ndata: ${JSON.stringify({ text })}\n\n`)
  }
  response.end('event: result\ndata: {}\n\n')
}).listen(Number(process.env['PORT']), 'localhost')
