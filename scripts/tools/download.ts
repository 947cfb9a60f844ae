import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** How long a server may take to begin its response. */
const responseTimeoutMs = 20_000

export async function download(url: string, file: string, signal: AbortSignal): Promise<void> {
  const silence = new AbortController()
  const timer = setTimeout(() => silence.abort(new Error('no response')), responseTimeoutMs)
  const response = await fetch(url, { signal: AbortSignal.any([signal, silence.signal]) })
    .catch((error: Error) => {
      // The cause says what happened to the connection.
      const { message } = error.cause instanceof Error ? error.cause : error
      throw new Error(`${new URL(url).host}: ${message}`)
    })
    .finally(() => clearTimeout(timer))
  if (!response.ok || !response.body) throw new Error(`${url} responds ${response.status}`)
  await pipeline(Readable.fromWeb(response.body), createWriteStream(file), { signal })
}

/** @throws if the file does not have the pinned hash (hexadecimal) */
export async function verify(file: string, algorithm: 'sha256' | 'sha512', pinned: string): Promise<void> {
  const hash = createHash(algorithm)
  await pipeline(createReadStream(file), hash)
  const found = hash.digest('hex')
  if (found !== pinned) throw new Error(`refused: its ${algorithm} is ${found} and not ${pinned}`)
}
