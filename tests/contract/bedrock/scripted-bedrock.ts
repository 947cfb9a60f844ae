import type { IncomingMessage, ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import { LocalServer } from '@entra-agents/service-kit/testing/local-server'
import { encodeEvent } from '../../../emulators/bedrock/src/wire/event-stream.ts'

/** One event of a ConverseStream: its content by its type. */
export type StreamEvent = Readonly<Record<string, unknown>>

/** Encodes one event as the bytes that Bedrock sends, padding included. */
export function toFrame(event: StreamEvent): Uint8Array {
  const [[type, content] = ['', {}]] = Object.entries(event)
  return encodeEvent(type, JSON.stringify({ ...Object(content), p: 'abcdefgh' }))
}

export const textBlock = (...pieces: string[]): StreamEvent[] => [
  { messageStart: { role: 'assistant' } },
  ...pieces.map(piece => ({ contentBlockDelta: { contentBlockIndex: 0, delta: { text: piece } } })),
  { contentBlockStop: { contentBlockIndex: 0 } },
]

/** A tool call as Claude streams it: the first piece of its input is empty. */
export const toolBlock = (index: number, id: string, name: string, ...pieces: string[]): StreamEvent[] => [
  {
    contentBlockStart: {
      contentBlockIndex: index,
      start: { toolUse: { toolUseId: id, name, type: 'tool_use' } },
    },
  },
  ...['', ...pieces].map(input => ({
    contentBlockDelta: { contentBlockIndex: index, delta: { toolUse: { input } } },
  })),
  { contentBlockStop: { contentBlockIndex: index } },
]

export const stopEvents = (stopReason: string, inputTokens = 10, outputTokens = 5): StreamEvent[] => [
  { messageStop: { stopReason, additionalModelResponseFields: { delta: { stop_sequence: null } } } },
  {
    metadata: {
      metrics: { latencyMs: 12 },
      usage: { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens, serverToolUsage: {} },
    },
  },
]

/** What a model thinks before it says anything, with the signature of its thoughts. */
export const thinking = (...pieces: string[]): StreamEvent[] => [
  { messageStart: { role: 'assistant' } },
  ...[...pieces.map(text => ({ text })), { signature: 'c2lnbmF0dXJl' }].map(reasoningContent => ({
    contentBlockDelta: { contentBlockIndex: 0, delta: { reasoningContent } },
  })),
  { contentBlockStop: { contentBlockIndex: 0 } },
]

/** A whole answer of the model. */
export const answer = (...pieces: string[]): StreamEvent[] => [
  ...textBlock(...pieces),
  ...stopEvents('end_turn'),
]

/** A whole step in which the model calls tools. */
export const toolStep = (...blocks: StreamEvent[][]): StreamEvent[] => [
  ...blocks.flat(),
  ...stopEvents('tool_use'),
]

/** A Converse request as it was received. */
export interface ReceivedRequest {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: {
    readonly messages: readonly {
      readonly role: string
      readonly content: readonly Record<string, unknown>[]
    }[]
    readonly system?: readonly { readonly text: string }[]
    readonly inferenceConfig?: Record<string, unknown>
    readonly toolConfig?: Record<string, unknown>
    readonly additionalModelRequestFields?: Record<string, unknown>
  }
  /** Resolves when the client hangs up before the answer is complete, with the time (performance.now) of hanging up. */
  readonly hungUp: Promise<number>
}

/** What a test answers to a request: frames for the body of the response, whose head is written. */
export type Script = (request: ReceivedRequest, response: ServerResponse) => unknown

/** A server with Bedrock's protocol whose answers are scripted by tests. It checks no credentials; emulators/bedrock does. */
export class ScriptedBedrock extends LocalServer {
  readonly requests: ReceivedRequest[] = []
  script: Script = () => {
    throw new Error('The test gave no script.')
  }

  constructor() {
    // Idle connections are never closed: a client in the same busy process would notice the closing too late.
    super((request, response) => void this.#answer(request, response), '127.0.0.1', { keepAliveTimeout: 0 })
  }

  /** What an agent needs to reach this server, besides a credential. */
  get environment(): Record<string, string> {
    return { AWS_REGION: 'eu-central-1', AWS_ENDPOINT_URL: this.url, BEDROCK_PROBE: 'off' }
  }

  /** Responds to the calls in order with these events, and to further calls with the last ones. */
  play(...answers: StreamEvent[][]): void {
    let call = 0
    this.script = (_request, response) => {
      const events = answers[Math.min(call++, answers.length - 1)] ?? []
      response.end(Buffer.concat(events.map(toFrame)))
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { promise: hungUp, resolve } = Promise.withResolvers<number>()
    response.on('close', () => {
      if (!response.writableFinished) resolve(performance.now())
    })
    const body = (await json(request)) as ReceivedRequest['body']
    const received = { path: request.url ?? '', headers: request.headers, body, hungUp }
    this.requests.push(received)
    response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' })
    await this.script(received, response)
  }
}
