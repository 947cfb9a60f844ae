import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

/** Kestrel's limits for the header section of a request, in bytes and lines. */
const mostHeaderBytes = 32 * 1024
const mostHeaders = 100

/** Lets Node read a little more than Kestrel would, so that the exact limit can be drawn here; in bytes. */
export const parserHeaderBytes = 48 * 1024

/** Whether a request's headers are more than Kestrel accepts. */
export function exceedsHeaderLimits({ rawHeaders }: IncomingMessage): boolean {
  if (rawHeaders.length > 2 * mostHeaders) return true
  let bytes = 0
  // A name and its value cost two more bytes each: a colon with its space, the end of the line.
  for (const text of rawHeaders) bytes += text.length + 2
  return bytes > mostHeaderBytes
}

/** Answers what Node's parser gave up on: 431 without a body for headers beyond every limit, else 400. */
export function answerParserError(error: Error, socket: Duplex): void {
  if (!socket.writable) return
  const tooLarge = 'code' in error && error.code === 'HPE_HEADER_OVERFLOW'
  const status = tooLarge ? '431 Request Header Fields Too Large' : '400 Bad Request'
  socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`)
}
