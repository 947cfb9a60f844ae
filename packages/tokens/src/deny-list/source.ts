import { constants, open } from 'node:fs/promises'
import { loopbackHosts } from '@entra-agents/service-kit'
import { createSender } from '@entra-agents/service-kit/send'

/** The file or URL from which a deny list is read. */
export interface DenyListSource {
  /** The name in the log: a path, or a URL without its query, which may be a secret. */
  readonly name: string
  readonly pollMs: number
  /** @throws {Error} when the list is missing, too large, or being written */
  read(): Promise<string>
  close(): Promise<void>
}

/** Enough for about 40,000 rows, four times as many as a ConfigMap can hold. */
const maxListBytes = 4 * 1024 * 1024
const timeoutMs = 4_000

const urlForm = /^[a-z][a-z0-9+.-]*:\/\//i

/** Whether a deny list may be read from this location: a file, an https URL, or an http URL on loopback. */
export function isDenyListLocation(location: string): boolean {
  if (!urlForm.test(location)) return true
  const url = URL.parse(location)
  return url?.protocol === 'https:' || (url?.protocol === 'http:' && loopbackHosts.includes(url.hostname))
}

/** @throws {TypeError} for a URL that is neither https nor http on loopback */
export function openSource(location: string): DenyListSource {
  if (!isDenyListLocation(location)) throw new TypeError('The URL of a deny list must be https.')
  return urlForm.test(location) ? urlSource(new URL(location)) : fileSource(location)
}

/**
 * A file is read as a whole every second and not watched. This works alike for a link that the kubelet replaces, an editor's
 * save and a network file system, and takes microseconds for the usual few kilobytes.
 */
function fileSource(path: string): DenyListSource {
  return {
    name: path,
    pollMs: 1_000,
    async read() {
      // Without O_NONBLOCK, opening a pipe would wait for its writer.
      await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
      const before = await file.stat({ bigint: true })
      if (!before.isFile()) throw new Error('The deny list is not a file.')
      if (before.size > maxListBytes) throw new Error(`The deny list is larger than ${maxListBytes} bytes.`)
      const text = await file.readFile({ encoding: 'utf8', signal: AbortSignal.timeout(timeoutMs) })
      const after = await file.stat({ bigint: true })
      if (after.mtimeNs !== before.mtimeNs || after.size !== before.size)
        throw new Error('The deny list was written while it was read.')
      return text
    },
    close: async () => undefined,
  }
}

function urlSource({ href, origin, pathname }: URL): DenyListSource {
  const sender = createSender({})
  return {
    name: `${origin}${pathname}`,
    pollMs: 5_000,
    async read() {
      const { status, text } = await sender.send({ url: href, maxBytes: maxListBytes, timeoutMs })
      if (status !== 200) throw new Error(`The deny list’s server responded ${status}.`)
      return text
    },
    close: () => sender.close(),
  }
}
