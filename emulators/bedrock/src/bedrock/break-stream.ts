import type { ServerResponse } from 'node:http'
import { cutConnection, writeFully } from '../server/connection.ts'
import type { StreamFault } from '../switchboard/fault.ts'
import { encodeCorruptFrame, encodeError, encodeException, encodeGarbage } from './event-stream.ts'

/** Ends a stream in the way a fault wants it. */
export async function breakStream(
  raw: ServerResponse,
  fault: StreamFault,
  signal: AbortSignal,
): Promise<void> {
  switch (fault.kind) {
    case 'cut':
      await writeFully(raw, new Uint8Array())
      cutConnection(raw)
      return
    case 'stall':
      await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))
      return
    case 'end':
      raw.end()
      return
    case 'garbage':
      raw.end(encodeGarbage())
      return
    case 'corrupt':
      raw.end(encodeCorruptFrame())
      return
    case 'exception':
      raw.end(encodeException(fault.type, fault.message ?? usualMessage))
      return
    case 'stream-error':
      raw.end(encodeError(fault.type, fault.message ?? usualMessage))
  }
}

const usualMessage = 'The model stopped in the middle of its answer.'
