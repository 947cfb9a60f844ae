import type { ServerResponse } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'
import type { Writable } from 'node:stream'

/** Ends a connection as a broken cable does, once what was written so far has left. */
export function cutConnection(raw: ServerResponse): void {
  const stream: ServerHttp2Stream | undefined = Reflect.get(raw, 'stream')
  if (stream) stream.session?.destroy()
  else raw.socket?.destroy()
}

/** Writes, and resolves when the bytes were handed to the system or the reader is gone. */
export function writeFully(raw: Writable, bytes: Uint8Array): Promise<void> {
  return new Promise(resolve => raw.write(bytes, () => resolve()))
}
