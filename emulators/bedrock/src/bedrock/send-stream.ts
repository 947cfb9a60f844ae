import type { ServerResponse } from 'node:http'
import { wait } from '../server/wait.ts'
import { isStreamFault } from '../switchboard/fault.ts'
import type { SeenRequest } from '../switchboard/request-log.ts'
import { padding, streamEvents } from './answer.ts'
import { breakStream } from './break-stream.ts'
import type { AcceptedCall } from './call.ts'
import { encodeEvent } from './event-stream.ts'

export interface StreamContext {
  readonly raw: ServerResponse
  readonly seen: SeenRequest
  /** Fires when the caller is gone. */
  readonly signal: AbortSignal
  readonly random: () => number
  readonly startedMs: number
}

const usualEventsBeforeBreak = 3

/** Sends an accepted call's answer event by event at the pace set, and breaks it where a fault says so. */
export async function sendStream(call: AcceptedCall, context: StreamContext): Promise<void> {
  const { generation, usage, pace, fault } = call
  const { raw, seen, signal, random, startedMs } = context
  const streamFault = isStreamFault(fault) ? fault : undefined
  const mostEvents = streamFault
    ? (streamFault.afterEvents ?? usualEventsBeforeBreak)
    : Number.POSITIVE_INFINITY

  async function send(type: string, payload: Readonly<Record<string, unknown>>): Promise<void> {
    const isRoomy = raw.write(encodeEvent(type, { ...payload, p: padding(random) }))
    seen.eventsSent = (seen.eventsSent ?? 0) + 1
    if (type === 'contentBlockDelta') await wait(pace.tokenDelayMs, signal)
    if (!isRoomy) await drained(raw, signal)
  }

  await wait(pace.firstTokenMs, signal)
  for (const { type, payload } of streamEvents(generation)) {
    if (signal.aborted) return
    if ((seen.eventsSent ?? 0) >= mostEvents) break
    await send(type, payload)
  }
  if (streamFault) {
    seen.outcome = 'broken'
    return breakStream(raw, streamFault, signal)
  }
  await send('metadata', { metrics: { latencyMs: Math.round(performance.now() - startedMs) }, usage })
  raw.end()
}

/** Resolves when a reader that fell behind has caught up or is gone. */
function drained(raw: ServerResponse, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise(resolve => {
    const finish = () => {
      raw.off('drain', finish)
      signal.removeEventListener('abort', finish)
      resolve()
    }
    raw.once('drain', finish)
    signal.addEventListener('abort', finish)
  })
}
