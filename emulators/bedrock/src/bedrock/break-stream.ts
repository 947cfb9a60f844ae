import type { ServerResponse } from 'node:http'
import type { Fault, StreamFault } from '../control/faults.ts'
import { encodeEvent, encodeMessage } from '../wire/event-stream.ts'

/** Whether a fault breaks a stream in its middle. */
export function isStreamFault(fault: Fault | undefined): fault is StreamFault {
  return fault !== undefined && !['error', 'stop', 'think'].includes(fault.kind)
}

/** Ends a stream in the way a fault wants it. */
export function breakStream(raw: ServerResponse, fault: StreamFault): void {
  if (fault.kind === 'cut') raw.socket?.destroySoon()
  else if (fault.kind !== 'stall') raw.end(lastMessage(fault))
}

function lastMessage(fault: StreamFault): Uint8Array | undefined {
  const message = ('message' in fault && fault.message) || 'The model stopped in the middle of its answer.'
  switch (fault.kind) {
    case 'garbage':
      return encodeEvent('contentBlockDelta', '{"contentBlockIndex":')
    case 'corrupt':
      return spoilChecksum(encodeEvent('contentBlockDelta', '{"contentBlockIndex":0,"delta":{"text":"…"}}'))
    case 'exception':
      return encodeMessage(
        { 'exception-type': fault.type, 'content-type': 'application/json', 'message-type': 'exception' },
        JSON.stringify({ message }),
      )
    case 'stream-error':
      return encodeMessage(
        { 'error-code': fault.type, 'error-message': message, 'message-type': 'error' },
        '',
      )
    default:
      return undefined
  }
}

function spoilChecksum(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte, at) => (at === bytes.length - 1 ? byte ^ 0xff : byte))
}
