import { execFileSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { getDefaultAutoSelectFamily, setDefaultAutoSelectFamily } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startTestServer } from './downstream/testing/stage.ts'
import { connectSidecar } from './sidecar-connection.ts'

/** Node looks up names on this many threads. If all wait for a resolver, further look-ups wait, too. */
const lookUpThreads = 4

/** Keeps all of Node's threads waiting, as look-ups do where no resolver responds. */
async function occupyThreads(): Promise<AsyncDisposable> {
  const folder = mkdtempSync(join(tmpdir(), 'threads-'))
  const pipes = Array.from({ length: lookUpThreads }, (_, index) => join(folder, `${index}`))
  execFileSync('mkfifo', pipes)
  // Opening a pipe for reading blocks until it is opened for writing.
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

const startSidecar = async () =>
  (await startTestServer((_request, response) => response.end('a response'))).url

/** What a sidecar at this address responds. */
async function askSidecar(sidecarUrl: string): Promise<string> {
  const sidecar = connectSidecar(sidecarUrl, 1_000)
  try {
    return (await sidecar.get({ path: '/' })).text
  } finally {
    await sidecar.close()
  }
}

describe('the connection to the sidecar', () => {
  it('needs no resolver: it works where no name can be resolved', async () => {
    const url = await startSidecar()
    await using _waiting = await occupyThreads()
    expect(await askSidecar(url)).toBe('a response')
  })

  it('works even if Node tries only one address of a name', async () => {
    const url = await startSidecar()
    const before = getDefaultAutoSelectFamily()
    setDefaultAutoSelectFamily(false)
    try {
      expect(await askSidecar(url)).toBe('a response')
    } finally {
      setDefaultAutoSelectFamily(before)
    }
  })

  it.each([
    ['http://127.0.0.1:5000', 'http://localhost:5000'],
    ['http://[::1]:5000/', 'http://localhost:5000'],
    ['http://localhost:5001', 'http://localhost:5001'],
  ])('uses `localhost`, which every sidecar accepts, for a sidecar on loopback: %s', async (given, used) => {
    const { url, close } = connectSidecar(given, 1_000)
    expect(url).toBe(used)
    await close()
  })
})
