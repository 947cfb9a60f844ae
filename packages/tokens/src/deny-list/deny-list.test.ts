import { execFileSync } from 'node:child_process'
import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { IncomingMessage, RequestListener } from 'node:http'
import { join } from 'node:path'
import { pipeline, Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { LocalServer } from '@entra-agents/service-kit/testing/local-server'
import { temporaryFile, temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { agent, identityOf, issuedAt, sibling } from '../testing/denied.ts'
import { DenyList, DenyListUnavailable } from './deny-list.ts'

const listOf = (...agents: readonly string[]) => JSON.stringify(agents.map(id => ({ agent: id })))

/** Opens a deny list, and keeps what it logs. */
function openList(location: string) {
  const lines: { level: string; message: string; [field: string]: unknown }[] = []
  const logAs = (level: string) => (fields: object, message: string) =>
    void lines.push({ level, ...fields, message })
  const list = new DenyList({ location, log: { info: logAs('info'), error: logAs('error') } })
  onTestFinished(() => list.close())
  const denies = (id: string) => list.find(identityOf(id), issuedAt) === 'agent'
  /** Expects that of two agents just this one is denied. */
  const expectDenied = (id: string) =>
    expect([agent, sibling].filter(denies), 'those that the list denies').toEqual([id])
  return { list, lines, denies, expectDenied }
}

/** Opens a list that is there, and forgets the line of its first read. */
async function readList(location: string) {
  const opened = openList(location)
  await opened.list.ready()
  opened.lines.length = 0
  return opened
}

function fakeTimers(...toFake: ('setTimeout' | 'clearTimeout' | 'performance')[]) {
  vi.useFakeTimers({ toFake })
  onTestFinished(() => void vi.useRealTimers())
}

/** Passes a list's interval; before its last millisecond nothing is read. */
async function passInterval(ms: number, isReadAgain: () => boolean) {
  vi.advanceTimersByTime(ms - 1)
  for (let turn = 0; turn < 10; turn += 1) await setImmediate()
  expect(isReadAgain()).toBe(false)
  vi.advanceTimersByTime(1)
  while (!isReadAgain()) await setImmediate()
}

describe('a file', () => {
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

  it('is read again a second later, by one timer however many reads overlap, also when the kubelet replaces its link', async () => {
    fakeTimers('setTimeout', 'clearTimeout')
    const { path, turn } = mountList(listOf(agent))
    const { list, denies, expectDenied } = await readList(path)
    await Promise.all([list.refresh(), list.refresh()])
    await setImmediate()
    expect(vi.getTimerCount()).toBe(1)
    turn(listOf(sibling))
    await passInterval(1_000, () => denies(sibling))
    expectDenied(sibling)
  })

  // biome-ignore format: table
  it.each<[what: string, spoil: (path: string) => void, reason: string]>([
    ['incomplete', path => writeFileSync(path, listOf(agent).slice(0, -1)), 'only a part of it is there'],
    ['empty', path => writeFileSync(path, ''), 'only a part of it is there'],
    ['invalid', path => writeFileSync(path, '[{"agent":"everybody"}]'), 'Row 1'],
    ['too large', path => writeFileSync(path, ' '.repeat(4 * 1024 * 1024 + 1)), 'larger'],
    ['a pipe without a writer', path => execFileSync('mkfifo', [path]), 'not a file'],
    ['a folder', path => mkdirSync(path), 'not a file'],
    ['missing', () => {}, 'ENOENT'],
  ])('that becomes %s leaves the last list in force, raises one alarm, and can be read again', async (_what, spoil, reason) => {
    const path = temporaryFile('deny-list.json', onTestFinished)
    writeFileSync(path, listOf(agent))
    const { list, lines, expectDenied } = await readList(path)
    rmSync(path)
    spoil(path)
    await list.refresh()
    await list.refresh()
    expectDenied(agent)
    const { ageSeconds } = list
    rmSync(path, { recursive: true, force: true })
    writeFileSync(path, listOf(agent))
    await list.refresh()
    expect(list.ageSeconds).toBeLessThan(ageSeconds)
    writeFileSync(path, listOf(agent, sibling).padEnd(4 * 1024 * 1024))
    await list.refresh()
    const source = path
    expect(lines).toMatchObject([
      { level: 'error', source, reason: expect.stringContaining(reason), message: expect.stringContaining('The last one goes on') },
      { level: 'info', source, message: 'The deny list can be read again; it is the same.' },
      { level: 'info', source, message: 'The deny list was read.', rows: 2 },
    ])
  })

  it('that cannot be read raises an alarm every minute, with the age of the list', async () => {
    fakeTimers('performance')
    const { path } = mountList(listOf(agent))
    const { list, lines } = await readList(path)
    rmSync(path)
    vi.advanceTimersByTime(2_600)
    expect(list.ageSeconds).toBe(2.6)
    for (const ms of [0, 59_999, 1]) {
      vi.advanceTimersByTime(ms)
      await list.refresh()
    }
    expect(lines).toMatchObject([{ ageSeconds: 3 }, { ageSeconds: 63 }])
  })

  it('that was never read makes every decision fail until it exists; its age counts from the start of the process', async () => {
    fakeTimers('performance')
    const path = temporaryFile('deny-list.json', onTestFinished)
    const { list, lines, denies, expectDenied } = openList(path)
    const unavailable = { name: 'DenyListUnavailable', message: 'The deny list could not be read yet.' }
    await expect(list.ready()).rejects.toThrow(DenyListUnavailable)
    await expect(list.ready()).rejects.toMatchObject(unavailable)
    expect(() => denies(sibling)).toThrow(expect.objectContaining(unavailable))
    expect(list.isRead).toBe(false)
    vi.advanceTimersByTime(61_000)
    await list.refresh()
    const message = expect.stringContaining('no token passes')
    expect(lines).toMatchObject([0, 61].map(ageSeconds => ({ level: 'error', message, ageSeconds })))
    writeFileSync(path, listOf(agent))
    await list.refresh()
    await list.ready()
    expectDenied(agent)
  })

  it('is no longer polled once its list is closed, and raises no alarm', async () => {
    fakeTimers('setTimeout', 'clearTimeout')
    const { path } = mountList(listOf(agent))
    const { list, lines } = await readList(path)
    await setImmediate()
    expect(vi.getTimerCount()).toBe(1)
    await list.close()
    expect(vi.getTimerCount()).toBe(0)
    rmSync(path)
    await list.refresh()
    expect(vi.getTimerCount()).toBe(0)
    expect(lines).toEqual([])
  })

  it.each([
    ['with the same length', ''],
    ['with the same modification time', ' '],
  ])('that is rewritten %s while it is read is not used', async (_how, more) => {
    const { path } = mountList(listOf(agent))
    const { list, lines, expectDenied } = await readList(path)
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
    expectDenied(agent)
  })
})

describe('a URL', () => {
  const text = listOf(agent)

  /** A list of one agent, read from a server whose responses can be exchanged. */
  async function serve() {
    let respond: RequestListener = (_request, response) => void response.end(text)
    const server = await new LocalServer((request, response) => respond(request, response)).start()
    onTestFinished(() => server.close())
    const url = `${server.url}/list?sig=secret`
    const respondWith = (next: RequestListener) => {
      respond = next
    }
    /** Lets the server be silent; resolves as soon as it is asked. */
    const fallSilent = () => new Promise<IncomingMessage>(resolve => respondWith(resolve))
    return { url, respondWith, fallSilent, ...(await readList(url)) }
  }

  it('is read every five seconds', async () => {
    fakeTimers('setTimeout', 'clearTimeout')
    const { denies, respondWith } = await serve()
    respondWith((_request, response) => void response.end(listOf(sibling)))
    await passInterval(5_000, () => denies(sibling))
  })

  // biome-ignore format: table
  const faults: readonly (readonly [what: string, respond: RequestListener, reason: RegExp])[] = [
    ['refuses', (_, response) => void response.writeHead(403).end(listOf(sibling)), /403/],
    ['redirects', (_, response) => void response.writeHead(302, { location: '/other' }).end('[]'), /302/],
    ['breaks off', (_, response) => void response.writeHead(200, { 'content-length': 999 }).write(text, () => response.destroy()), /./],
    ['sends without end', (_, response) => void pipeline(Readable.from(endlessSpaces()), response, () => {}), /larger/],
  ]
  it.each(faults)(
    'whose server %s leaves the last list in force; its query, which may be a secret, is not logged',
    async (_what, respond, reason) => {
      const { url, list, lines, respondWith, expectDenied } = await serve()
      respondWith(respond)
      await list.refresh()
      const source = url.replace('?sig=secret', '')
      expect(lines).toMatchObject([{ level: 'error', source, reason: expect.stringMatching(reason) }])
      expectDenied(agent)
    },
  )

  it('is no longer waited for once the list is closed, which ends the connection', async () => {
    const { list, lines, fallSilent } = await serve()
    const asked = fallSilent()
    const look = list.refresh()
    const { socket } = await asked
    await list.close()
    // Long before the request would be given up.
    await expect.poll(() => socket.destroyed, { timeout: 2_000 }).toBe(true)
    await look
    expect(lines).toEqual([])
  })

  it('whose server does not respond leaves the last list in force; the request is given up after four seconds', async () => {
    const { list, lines, fallSilent, expectDenied } = await serve()
    const asked = fallSilent()
    fakeTimers('setTimeout', 'clearTimeout')
    const look = list.refresh()
    await asked
    await list.ready()
    expectDenied(agent)
    vi.advanceTimersByTime(4_000)
    await look
    expect(lines).toMatchObject([{ level: 'error', reason: 'No response in time.' }])
    expectDenied(agent)
  })
})

function* endlessSpaces() {
  for (;;) yield ' '.repeat(65_536)
}
