import { EventStreamCodec } from '@smithy/core/event-streams'

const codec = new EventStreamCodec(
  bytes => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'),
  text => Buffer.from(text, 'utf8'),
)

/** A message in Amazon's event stream encoding. */
export function encodeMessage(headers: Readonly<Record<string, string>>, body: string): Uint8Array {
  const typed = Object.entries(headers).map(
    ([name, value]) => [`:${name}`, { type: 'string', value }] as const,
  )
  return codec.encode({ headers: Object.fromEntries(typed), body: Buffer.from(body, 'utf8') })
}

export function encodeEvent(type: string, body: string): Uint8Array {
  return encodeMessage(
    { 'event-type': type, 'content-type': 'application/json', 'message-type': 'event' },
    body,
  )
}
