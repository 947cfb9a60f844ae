import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** How long a server may take to begin its response. */
const responseTimeoutMs = 20_000

export async function download(url: string, file: string, signal: AbortSignal): Promise<void> {
  const response = await request(url, signal)
  if (!response.ok || !response.body) throw new Error(`${url} responds ${response.status}`)
  await pipeline(Readable.fromWeb(response.body), createWriteStream(file), { signal })
}

async function request(url: string, signal: AbortSignal): Promise<Response> {
  const silence = new AbortController()
  const timer = setTimeout(() => silence.abort(new Error('no response')), responseTimeoutMs)
  try {
    return await fetch(url, { signal: AbortSignal.any([signal, silence.signal]) })
  } catch (error) {
    // The cause says what happened to the connection.
    const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error
    throw new Error(`${new URL(url).host}: ${reason instanceof Error ? reason.message : reason}`)
  } finally {
    clearTimeout(timer)
  }
}

/** @throws if the file does not have the pinned hash (hexadecimal) */
export async function verify(file: string, algorithm: 'sha256' | 'sha512', pinned: string): Promise<void> {
  const hash = createHash(algorithm)
  await pipeline(createReadStream(file), hash)
  const found = hash.digest('hex')
  if (found !== pinned) throw new Error(`refused: its ${algorithm} is ${found} and not ${pinned}`)
}
