import { EventStreamCodec, type MessageHeaders } from '@smithy/core/event-streams'

const codec = new EventStreamCodec(
  bytes => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'),
  text => Buffer.from(text, 'utf8'),
)

function frame(headers: Readonly<Record<string, string>>, body: string): Uint8Array {
  const typed: MessageHeaders = {}
  for (const [name, value] of Object.entries(headers)) typed[name] = { type: 'string', value }
  return codec.encode({ headers: typed, body: Buffer.from(body, 'utf8') })
}

/** One event of a stream, in Amazon's event stream encoding. */
export function encodeEvent(type: string, payload: unknown): Uint8Array {
  return frame(
    { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' },
    JSON.stringify(payload),
  )
}

/** A modelled exception in the middle of a stream, such as `throttlingException`. */
export function encodeException(type: string, message: string): Uint8Array {
  return frame(
    { ':exception-type': type, ':content-type': 'application/json', ':message-type': 'exception' },
    JSON.stringify({ message }),
  )
}

/** An error that the service's model does not know. */
export function encodeError(code: string, message: string): Uint8Array {
  return frame({ ':error-code': code, ':error-message': message, ':message-type': 'error' }, '')
}

/** An event whose payload is not JSON. */
export function encodeGarbage(): Uint8Array {
  return frame(
    { ':event-type': 'contentBlockDelta', ':content-type': 'application/json', ':message-type': 'event' },
    '{"contentBlockIndex":',
  )
}

/** A frame whose checksum does not hold. */
export function encodeCorruptFrame(): Uint8Array {
  const bytes = encodeEvent('contentBlockDelta', { contentBlockIndex: 0, delta: { text: '…' } })
  const last = bytes.length - 1
  bytes[last] = (bytes[last] ?? 0) ^ 0xff
  return bytes
}
