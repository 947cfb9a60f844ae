import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

export type Checksums = ReadonlyMap<string, string>

/** The checksums that projects publish with their releases, by URL or npm package. */
export const pinnedChecksums: Checksums = new Map(
  readFileSync(new URL('checksums.txt', import.meta.url), 'utf8')
    .split('\n')
    .map(line => line.split('  '))
    .map(([checksum = '', source = '']) => [source, checksum]),
)

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

/** @throws if the file does not have the checksum that is pinned for its source, or none is pinned, as for a machine without a release */
export async function verify(file: string, source: string, checksums = pinnedChecksums): Promise<void> {
  const pinned = checksums.get(source)
  const algorithm = pinned?.length === 128 ? 'sha512' : 'sha256'
  const hash = createHash(algorithm)
  await pipeline(createReadStream(file), hash)
  const found = hash.digest('hex')
  if (found !== pinned) throw new Error(`refused: its ${algorithm} is ${found} and not ${pinned}`)
}
