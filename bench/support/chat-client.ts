import { Agent, type ClientRequest, request } from 'node:http'

const agent = new Agent({ keepAlive: true, maxSockets: 2_000 })

/** One streamed turn as a page sees it. */
export interface OpenTurn {
  /** Milliseconds from the request to the first text. */
  readonly firstToken: Promise<number>
  /** Milliseconds from the request to the end of the response, and whether the response ended with a result. */
  readonly end: Promise<{ ms: number; ok: boolean }>
}

/** Sends a message in bedrock mode and reads its events as cheaply as possible. */
export function openTurn(url: string, message: string): OpenTurn {
  const firstToken = Promise.withResolvers<number>()
  const end = Promise.withResolvers<{ ms: number; ok: boolean }>()
  const startedMs = performance.now()
  const elapsedMs = () => performance.now() - startedMs
  const fail = () => {
    firstToken.resolve(Number.NaN)
    end.resolve({ ms: elapsedMs(), ok: false })
  }
  const call: ClientRequest = request(
    url,
    { method: 'POST', agent, headers: { 'content-type': 'application/json', accept: 'text/event-stream' } },
    response => {
      let tail = ''
      response.setEncoding('utf8')
      response.on('data', (data: string) => {
        tail = tail.slice(-32) + data
        if (data.includes('event: delta')) firstToken.resolve(elapsedMs())
      })
      response.on('end', () => end.resolve({ ms: elapsedMs(), ok: tail.includes('event: result') }))
      response.on('error', fail)
    },
  )
  call.on('error', fail)
  call.end(JSON.stringify({ message, mode: 'bedrock', flow: 'autonomous' }))
  return { firstToken: firstToken.promise, end: end.promise }
}
