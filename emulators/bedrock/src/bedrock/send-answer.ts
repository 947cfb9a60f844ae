import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyReply } from 'fastify'
import type { StreamBreak } from '../control/controls.ts'
import type { Reply } from '../model/reply.ts'
import { encodeEvent } from '../wire/event-stream.ts'

/** An answer within the limits of the request, its blocks cut into tokens. */
export type Generation = ReturnType<typeof generate>

/** Cuts an answer into tokens and ends it at the token limit, even inside a tool's input. */
export function generate(reply: Reply, maxTokens: number, random: () => number) {
  let total = 0
  const blocks = reply.blocks.flatMap(block => {
    const all = tokenise(block.type === 'toolUse' ? JSON.stringify(block.input) : block.text, random)
    const tokens = all.slice(0, Math.max(maxTokens - total, 0))
    total += all.length
    return tokens.length > 0 ? [{ block, tokens }] : []
  })
  const stopReason = total > maxTokens ? 'max_tokens' : reply.stopReason
  return { blocks, stopReason, outputTokens: Math.min(total, maxTokens) }
}

/** Cuts a text into pieces of one to seven whole characters. */
function tokenise(text: string, random: () => number): string[] {
  const characters = [...text]
  const tokens: string[] = []
  while (characters.length > 0) tokens.push(characters.splice(0, 1 + Math.floor(random() * 7)).join(''))
  return tokens
}

/** An answer, and how to send it. */
export interface AnsweredCall {
  readonly generation: Generation
  readonly usage: object
  readonly pace: { readonly firstTokenMs: number; readonly tokenDelayMs: number }
  readonly breaks: StreamBreak | undefined
  readonly random: () => number
  readonly startedMs: number
  /** Aborts when the caller has closed the connection. */
  readonly signal: AbortSignal
}

/**
 * Sends an answer event by event, and breaks the stream off if a fault demands this.
 *
 * @param note is called with the number of events sent
 */
export async function sendStream(
  reply: FastifyReply,
  call: AnsweredCall,
  note: (eventsSent: number) => void,
): Promise<void> {
  const { generation, usage, pace, breaks, random, startedMs, signal } = call
  const { raw } = reply.hijack()
  raw.writeHead(200, {
    'content-type': 'application/vnd.amazon.eventstream',
    'x-amzn-requestid': reply.request.id,
  })
  raw.flushHeaders()
  const maxEvents = breaks?.afterEvents ?? Infinity
  let eventsSent = 0
  const send = async (type: string, payload: object): Promise<void> => {
    const isRoomy = raw.write(encodeEvent(type, JSON.stringify({ ...payload, p: padding(random) })))
    eventsSent += 1
    if (!isRoomy) await once(raw, 'drain', { signal }).catch(() => {})
  }
  await waitUnlessAborted(pace.firstTokenMs, signal)
  for (const [type, payload] of streamEvents(generation)) {
    if (signal.aborted || eventsSent >= maxEvents) break
    await send(type, payload)
    if (type === 'contentBlockDelta') await waitUnlessAborted(pace.tokenDelayMs, signal)
  }
  if (!signal.aborted && !breaks) {
    await send('metadata', { metrics: { latencyMs: Math.round(performance.now() - startedMs) }, usage })
  }
  note(eventsSent)
  if (breaks) breaks.end(raw)
  else raw.end()
}

/** Waits; ends at once when the caller closes the connection. */
export async function waitUnlessAborted(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await wait(ms, undefined, { signal }).catch(() => {})
}

type StreamEvent = readonly [type: string, payload: object]

/** An answer's events in the order in which Bedrock sends them for Claude, without the last one, `metadata`. */
export function* streamEvents({ blocks, stopReason }: Generation): Generator<StreamEvent> {
  yield ['messageStart', { role: 'assistant' }]
  for (const [contentBlockIndex, block] of blocks.entries()) {
    for (const [type, content] of blockEvents(block)) yield [type, { contentBlockIndex, ...content }]
    yield ['contentBlockStop', { contentBlockIndex }]
  }
  yield ['messageStop', { stopReason }]
}

/** Text has no start event; a tool's input begins with an empty delta. */
function* blockEvents({ block, tokens }: Generation['blocks'][number]): Generator<StreamEvent> {
  if (block.type === 'toolUse') {
    const { name, toolUseId } = block
    yield ['contentBlockStart', { start: { toolUse: { name, toolUseId, type: 'tool_use' } } }]
    yield ['contentBlockDelta', { delta: { toolUse: { input: '' } } }]
  }
  for (const token of tokens) {
    const delta = block.type === 'toolUse' ? { toolUse: { input: token } } : { text: token }
    yield ['contentBlockDelta', { delta }]
  }
}

const paddingAlphabet = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

/** Bedrock pads every event to a random length, so that tokens cannot be guessed from the size of frames. */
export function padding(random: () => number): string {
  return paddingAlphabet.slice(0, 2 + Math.floor(random() * (paddingAlphabet.length - 2)))
}

/** Sends an answer as one JSON document, when a stream of it would have ended. A fault that breaks streams breaks it off in its middle. */
export async function sendMessage(reply: FastifyReply, call: AnsweredCall): Promise<void> {
  const { generation, usage, pace, breaks, startedMs, signal } = call
  const { raw } = reply.hijack()
  await waitUnlessAborted(pace.firstTokenMs + generation.outputTokens * pace.tokenDelayMs, signal)
  const message = { role: 'assistant', content: generation.blocks.map(joinTokens) }
  const metrics = { latencyMs: Math.round(performance.now() - startedMs) }
  const body = JSON.stringify({ output: { message }, stopReason: generation.stopReason, usage, metrics })
  raw.writeHead(200, { 'content-type': 'application/json', 'x-amzn-requestid': reply.request.id })
  if (!breaks) raw.end(body)
  else raw.write(body.slice(0, body.length / 2), () => breaks.end(raw))
}

function joinTokens({ block, tokens }: Generation['blocks'][number]) {
  const text = tokens.join('')
  if (block.type === 'text') return { text }
  const { name, toolUseId } = block
  // An input that the token limit cut off is no JSON.
  const input: unknown = text === JSON.stringify(block.input) ? block.input : {}
  return { toolUse: { name, toolUseId, type: 'tool_use', input } }
}
