import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { type FileHandle, open, rename, writeFile } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline, Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { LocalServer } from '@entra-agents/service-kit/testing/local-server'
import { temporaryFile, temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { agent, identityOf, issuedAt, sibling } from '../testing/denied.ts'
import { DenyList, DenyListUnavailable } from './deny-list.ts'

/** Opens a deny list, and keeps what it logs. */
function openList(location: string) {
  const lines: { level: string; message: string; [field: string]: unknown }[] = []
  const logAs = (level: string) => (fields: object, message: string) =>
    void lines.push({ level, ...fields, message })
  const list = new DenyList({ location, log: { info: logAs('info'), error: logAs('error') } })
  onTestFinished(() => list.close())
  return { list, lines }
}

describe('a file', () => {
  const listOf = (...agents: readonly string[]) => JSON.stringify(agents.map(id => ({ agent: id })))

  /** A folder with a list as the kubelet mounts it: the file is a link through `..data`, a link that every update replaces. */
  function mountList(content: string) {
    const folder = temporaryFolder(onTestFinished)
    let version = 0
    const turn = (text: string) => {
      version += 1
      mkdirSync(join(folder, `..${version}`))
      writeFileSync(join(folder, `..${version}`, 'deny-list.json'), text)
      symlinkSync(`..${version}`, join(folder, '..data_tmp'))
      renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
      rmSync(join(folder, `..${version - 1}`), { recursive: true, force: true })
    }
    turn(content)
    symlinkSync('..data/deny-list.json', join(folder, 'deny-list.json'))
    return { path: join(folder, 'deny-list.json'), turn }
  }

  it('is read again when the kubelet replaces its link', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const { path, turn } = mountList(listOf())
    const { list } = openList(path)
    await list.ready()
    expect(list.find(identityOf(agent), issuedAt)).toBeUndefined()
    turn(listOf(agent))
    vi.advanceTimersByTime(1_000)
    while (!list.find(identityOf(agent), issuedAt)) await setImmediate()
  })

  it('that becomes incomplete, empty, invalid, too large, a folder or deleted leaves the last list in force, and raises an alarm', async () => {
    const { path } = mountList(listOf(agent))
    const { list, lines } = openList(path)
    await list.ready()
    const spoil: readonly (readonly [make: () => void, reason: string])[] = [
      [() => writeFileSync(path, listOf(agent).slice(0, -1)), 'only a part of it is there'],
      [() => writeFileSync(path, ''), 'only a part of it is there'],
      [() => writeFileSync(path, '[{"agent":"everybody"}]'), 'Row 1'],
      [() => writeFileSync(path, ' '.repeat(4 * 1024 * 1024 + 1)), 'larger'],
      [() => {}, 'ENOENT'],
      [() => mkdirSync(path), 'not a file'],
    ]
    for (const [make, reason] of spoil) {
      lines.length = 0
      rmSync(path)
      make()
      await list.refresh()
      await list.refresh()
      expect(list.find(identityOf(agent), issuedAt)).toBe('agent')
      expect(list.find(identityOf(sibling), issuedAt)).toBeUndefined()
      const [alarm, ...more] = lines
      expect(alarm).toMatchObject({ level: 'error', source: path, reason: expect.stringContaining(reason) })
      expect(alarm?.message).toContain('The last one goes on')
      expect(more).toEqual([])
      const { ageSeconds } = list
      rmSync(path, { recursive: true, force: true })
      writeFileSync(path, listOf(agent))
      await list.refresh()
      expect(list.ageSeconds).toBeLessThan(ageSeconds)
    }
  })

  it('of 10,000 rows, rewritten again and again while it is read, lets no denied agent pass and stops no other agent', async () => {
    const many = Array.from({ length: 10_000 }, () => randomUUID())
    const [before, after] = [listOf(agent, ...many), listOf(...many.slice(5_000), agent)]
    const { path } = mountList(before)
    const { list } = openList(path)
    await list.ready()
    for (const [round, text] of Array.from(
      { length: 20 },
      (_, round) => [round, round % 2 ? before : after] as const,
    )) {
      const writing =
        round % 4 < 2
          ? writeFile(path, text)
          : writeFile(`${path}.new`, text).then(() => rename(`${path}.new`, path))
      const reading = Promise.all([list.refresh(), list.refresh(), list.refresh()])
      while (await isPending(reading)) {
        expect(list.find(identityOf(agent), issuedAt)).toBe('agent')
        expect(list.find(identityOf(sibling), issuedAt)).toBeUndefined()
      }
      await writing
    }
    await writeFile(path, listOf(sibling))
    await list.refresh()
    expect(list.find(identityOf(agent), issuedAt)).toBeUndefined()
    expect(list.find(identityOf(sibling), issuedAt)).toBe('agent')
  })

  it('is logged when it is read, and when it can be read again after a failure', async () => {
    const { path } = mountList(listOf(agent, sibling))
    const { list, lines } = openList(path)
    await list.ready()
    await list.refresh()
    rmSync(path)
    await list.refresh()
    writeFileSync(path, listOf(agent, sibling))
    await list.refresh()
    writeFileSync(path, listOf(agent))
    await list.refresh()
    const read = { level: 'info', source: path, message: 'The deny list was read.' }
    expect(lines).toEqual([
      { ...read, rows: 2 },
      expect.objectContaining({ level: 'error' }),
      { level: 'info', source: path, message: 'The deny list can be read again; it is the same.' },
      { ...read, rows: 1 },
    ])
  })

  it('that cannot be read raises an alarm every minute, with the age of the list', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const { path } = mountList(listOf(agent))
    const { list, lines } = openList(path)
    await list.ready()
    lines.length = 0
    rmSync(path)
    vi.advanceTimersByTime(2_600)
    expect(list.ageSeconds).toBe(2.6)
    for (const ms of [0, 59_999, 1]) {
      vi.advanceTimersByTime(ms)
      await list.refresh()
    }
    expect(lines).toMatchObject([{ ageSeconds: 3 }, { ageSeconds: 63 }])
  })

  it('that was never read has an age that counts from the start of the process', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const { list, lines } = openList(join(tmpdir(), 'no-such-deny-list.json'))
    await list.refresh()
    vi.advanceTimersByTime(61_000)
    await list.refresh()
    expect(lines).toMatchObject([{ ageSeconds: 0 }, { ageSeconds: 61 }])
  })

  it('is no longer polled once its list is closed, and raises no alarm', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const { path } = mountList(listOf(agent))
    const { list, lines } = openList(path)
    await list.ready()
    await setImmediate()
    expect(vi.getTimerCount()).toBe(1)
    await list.close()
    expect(vi.getTimerCount()).toBe(0)
    lines.length = 0
    rmSync(path)
    await list.refresh()
    expect(vi.getTimerCount()).toBe(0)
    expect(lines).toEqual([])
  })

  it('is polled by one timer only, however many reads overlap, and is read again a second later', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const { path } = mountList(listOf(agent))
    const { list } = openList(path)
    for (const looks of [2, 1]) {
      await Promise.all(Array.from({ length: looks }, () => list.refresh()))
      await setImmediate()
      expect(vi.getTimerCount()).toBe(1)
    }
    writeFileSync(path, listOf(sibling))
    vi.advanceTimersByTime(999)
    await setImmediate()
    expect(list.find(identityOf(sibling), issuedAt)).toBeUndefined()
    vi.advanceTimersByTime(1)
    while (!list.find(identityOf(sibling), issuedAt)) await setImmediate()
  })

  it.each([
    ['with the same length', ''],
    ['with the same modification time', ' '],
  ])('that is rewritten %s while it is read is not used', async (_how, more) => {
    const { path } = mountList(listOf(agent))
    const { list, lines } = openList(path)
    await list.ready()
    lines.length = 0
    await using probe = await open(path)
    const handles = Object.getPrototypeOf(probe) as FileHandle
    const readFile = handles.readFile
    const write = (text: string) => {
      writeFileSync(path, text)
      if (more) utimesSync(path, 1, 1)
    }
    write(listOf(sibling))
    vi.spyOn(handles, 'readFile').mockImplementationOnce(async function (this: FileHandle) {
      const text = await readFile.call(this, 'utf8')
      write(`${listOf(agent)}${more}`)
      return text
    })
    await list.refresh()
    expect(lines).toMatchObject([{ reason: 'The deny list was written while it was read.' }])
    expect(list.find(identityOf(agent), issuedAt)).toBe('agent')
  })

  it('that is a pipe without a writer is refused without waiting for a writer', async () => {
    const path = temporaryFile('pipe', onTestFinished)
    execFileSync('mkfifo', [path])
    const { list, lines } = openList(path)
    await expect(list.ready()).rejects.toThrow('The deny list could not be read yet.')
    expect(lines).toMatchObject([{ reason: 'The deny list is not a file.' }])
  })

  it('of 4 MiB is read', async () => {
    const text = listOf(agent)
    const { path } = mountList(`${text}${' '.repeat(4 * 1024 * 1024 - text.length)}`)
    const { list } = openList(path)
    await list.ready()
    expect(list.find(identityOf(agent), issuedAt)).toBe('agent')
  })

  it('that was never read makes every decision fail until it exists', async () => {
    const { path } = mountList(listOf(agent))
    rmSync(path)
    const { list, lines } = openList(path)
    const unavailable = { name: 'DenyListUnavailable', message: 'The deny list could not be read yet.' }
    await expect(list.ready()).rejects.toThrow(DenyListUnavailable)
    await expect(list.ready()).rejects.toMatchObject(unavailable)
    expect(() => list.find(identityOf(sibling), issuedAt)).toThrow(expect.objectContaining(unavailable))
    expect(list.isRead).toBe(false)
    expect(lines).toMatchObject([{ level: 'error', message: expect.stringContaining('no token passes') }])
    writeFileSync(path, listOf(agent))
    await list.refresh()
    await list.ready()
    expect(list.find(identityOf(sibling), issuedAt)).toBeUndefined()
  })
})

async function isPending(work: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending')
  return (await Promise.race([work, setImmediate(pending)])) === pending
}

describe('a URL', () => {
  const list = JSON.stringify([{ agent }])

  /** A server whose responses can be exchanged. */
  async function serve(first: RequestListener) {
    let respond = first
    const server = new LocalServer((request, response) => respond(request, response))
    await server.start()
    onTestFinished(() => server.close())
    const respondWith = (next: RequestListener) => {
      respond = next
    }
    return { url: `${server.url}/list?sig=secret`, respondWith }
  }
  const sendList: RequestListener = (_request, response) => void response.end(list)

  it('of another machine must be https', () => {
    for (const location of ['http://lists.example/denied', 'ftp://lists.example/denied', 'https://'])
      expect(() => openList(location)).toThrow('must be https')
  })

  it('is read, and its query, which may be a secret, is not logged', async () => {
    const { url } = await serve(sendList)
    const opened = openList(url)
    await opened.list.ready()
    expect(opened.list.find(identityOf(agent), issuedAt)).toBe('agent')
    expect(opened.lines).toMatchObject([{ source: url.replace('?sig=secret', '') }])
  })

  // biome-ignore format: table
  const faults: readonly (readonly [what: string, respond: RequestListener, reason: RegExp])[] = [
    ['refuses', (_, response) => void response.writeHead(403).end(list.replace(agent, sibling)), /403/],
    ['redirects', (_, response) => void response.writeHead(302, { location: '/other' }).end('[]'), /302/],
    ['breaks off', (_, response) => void response.writeHead(200, { 'content-length': 999 }).write(list, () => response.destroy()), /./],
    ['sends without end', (_, response) => void pipeline(Readable.from(endlessSpaces()), response, () => {}), /larger/],
  ]
  it.each(faults)('whose server %s leaves the last list in force', async (_what, respond, reason) => {
    const { url, respondWith } = await serve(sendList)
    const opened = openList(url)
    await opened.list.ready()
    opened.lines.length = 0
    respondWith(respond)
    await opened.list.refresh()
    expect(opened.lines).toMatchObject([{ level: 'error', reason: expect.stringMatching(reason) }])
    expect(opened.list.find(identityOf(agent), issuedAt)).toBe('agent')
    expect(opened.list.find(identityOf(sibling), issuedAt)).toBeUndefined()
  })

  it('is no longer waited for once the list is closed', async () => {
    const { url, respondWith } = await serve(sendList)
    const { list, lines } = openList(url)
    await list.ready()
    const asked = new Promise(resolve => respondWith(resolve))
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const look = list.refresh()
    await asked
    await list.close()
    await look
    expect(lines).toHaveLength(1)
  })

  it('whose server does not respond leaves the last list in force; the request is given up after some seconds', async () => {
    const { url, respondWith } = await serve(sendList)
    const opened = openList(url)
    await opened.list.ready()
    opened.lines.length = 0
    const asked = new Promise(resolve => respondWith(resolve))
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const look = opened.list.refresh()
    await asked
    await opened.list.ready()
    expect(opened.list.find(identityOf(agent), issuedAt)).toBe('agent')
    vi.advanceTimersByTime(4_000)
    await look
    expect(opened.lines).toMatchObject([{ level: 'error', reason: 'No response in time.' }])
    expect(opened.list.find(identityOf(agent), issuedAt)).toBe('agent')
  })
})

function* endlessSpaces() {
  for (;;) yield ' '.repeat(65_536)
}
