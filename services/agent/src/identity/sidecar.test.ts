import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createSidecar } from './sidecar.ts'

/** Node looks names up on these threads; more than one that waits for a resolver and the next look-up waits too. */
const threads = 4

/** Keeps all of Node's threads waiting, as look-ups do where no resolver responds. */
async function occupyThreads(): Promise<AsyncDisposable> {
  const folder = mkdtempSync(join(tmpdir(), 'threads-'))
  const pipes = Array.from({ length: threads }, (_, index) => join(folder, `${index}`))
  execFileSync('mkfifo', pipes)
  // To open a pipe for reading takes until somebody opens it for writing.
  const waiting = pipes.map(pipe => open(pipe, 'r'))
  return {
    async [Symbol.asyncDispose]() {
      const writers = pipes.map(pipe => openSync(pipe, constants.O_RDWR))
      for (const handle of await Promise.all(waiting)) await handle.close()
      for (const writer of writers) closeSync(writer)
      rmSync(folder, { recursive: true })
    },
  }
}

describe('the way to the sidecar', () => {
  it('needs no resolver: it is open where no name can be resolved', async () => {
    const server = createServer((_request, response) => response.end('a response')).listen(0, 'localhost')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const sidecar = createSidecar({ sidecarUrl: `http://localhost:${port}` })
    try {
      await using _waiting = await occupyThreads()
      const { signal } = new AbortController()
      const { status, body } = await sidecar.get({ path: '/', headers: {}, signal })
      expect({ status, body }).toEqual({ status: 200, body: 'a response' })
    } finally {
      await sidecar.close()
      server.close()
    }
  })
})
