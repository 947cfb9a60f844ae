import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { answer } from './agent.ts'

createServer(async (request, response) => {
  try {
    response.end(JSON.stringify(await answer(request.headers.authorization, await text(request))))
  } catch (error) {
    const { status = 500, code = 'INTERNAL_ERROR', fix } = Object(error)
    response.writeHead(status).end(JSON.stringify({ code, fix }))
  }
}).listen(3001, 'localhost')
