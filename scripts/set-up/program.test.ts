import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { fetch as fetchBy, ProxyAgent } from 'undici'
import { expect, it, onTestFinished, vi } from 'vitest'
import { makeCertificate } from '../../emulators/entra/src/testing/certificate.ts'
import { Graph } from '../entra/graph.ts'
import { inStep } from '../entra/run.ts'
import { SignIn } from '../entra/sign-in.ts'
import { newProgram, runProgram } from './program.ts'

async function listen(server: Server): Promise<string> {
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  onTestFinished(() => void server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

const answering = (listener: RequestListener) => listen(createServer(listener))
const hello: RequestListener = (_request, response) => void response.end('hello')

/** What a command says that fails in this way. */
async function runFailing(fail: () => unknown) {
  const said: string[] = []
  const output = { print: () => undefined, say: (text: string) => void said.push(text) }
  const program = newProgram(output)
  program.command('fail').action(async () => void (await fail()))
  return { code: await runProgram(program, ['fail'], output), said: said.join('\n') }
}

// biome-ignore format: table
const failures: readonly (readonly [what: string, fail: () => unknown, failed: RegExp, cause: string, fix: string])[] = [
  ['a full disk', () => writeFileSync('/dev/full', 'text'), /ENOSPC/, 'The disk is full.', 'Make room.'],
  ['a folder in the place of a file', () => readFileSync(tmpdir()), /EISDIR/, 'or it is a folder', 'Name a file'],
  ['a folder that is not there', () => writeFileSync('/nowhere/file', ''), /ENOENT.*\/nowhere/, 'no file of that name', 'a folder that exists'],
  ['a file that may not be used so', () => execFileSync(tmpdir()), /EACCES/, 'This user may not', 'Get the right to it'],
  ['a host that DNS does not know', () => fetch('https://nowhere.invalid'), /nowhere\.invalid/, 'DNS does not know the host', 'the VPN'],
  ['a port at which nobody listens', async () => { const server = createServer(hello); const host = await listen(server); server.close(); await fetch(`http://${host}`) }, /ECONNREFUSED/, 'Nobody answers', 'firewalls'],
  ['a certificate of an unknown authority', async () => { using made = makeCertificate('localhost'); await fetch(`https://${await listen(createTlsServer({ key: made.key, cert: made.certificate }, hello))}`) }, /certificate/, 'an authority that this machine does not trust', 'NODE_EXTRA_CA_CERTS'],
  ['https to a port that has none', async () => fetch(`https://${await answering(hello)}`), /fetch failed/, 'There is no TLS with the host.', 'is it an https port?'],
  ['a connection that is cut', async () => fetch(`http://${await answering(request => void request.socket.destroy())}`), /fetch failed/, 'The connection was cut.', 'Check the network'],
  ['a host that never answers', async () => fetch(`http://${await answering(() => undefined)}`, { signal: AbortSignal.timeout(50) }), /timeout/, 'Nobody answers', 'firewalls'],
]

it.each(failures)(
  'A command tells %s in one paragraph, with cause and fix',
  async (_what, fail, failed, cause, fix) => {
    const { code, said } = await runFailing(fail)
    expect(said).toMatch(/^Failed: [^\n]+\n {2}Cause: [^\n]+\n {2}Fix: [^\n]+$/)
    expect(said).toMatch(failed)
    expect(said).toContain(cause)
    expect(said).toContain(fix)
    expect(code).toBe(1)
  },
)

it('A step that a proxy stops says that it was the proxy, and which one', async () => {
  const proxy = createServer().on('connect', (_request, socket) => socket.end('HTTP/1.1 407 No\r\n\r\n'))
  const host = await listen(proxy)
  vi.stubEnv('HTTPS_PROXY', `http://${host}`)
  const dispatcher = new ProxyAgent(`http://${host}`)
  const send = (url: string) => fetchBy(url, { dispatcher }) as unknown as Promise<Response>
  const credential = { name: 'a token', fix: '', token: async () => 'e30.e30.' }
  const graph = new Graph('https://graph.example', new SignIn('', [credential], () => undefined), send)
  const patience = {
    clock: { enteredMs: 0, nowMs: () => 0, wait: async () => undefined },
    waitSeconds: 1,
    say: () => undefined,
  }
  const { code, said } = await runFailing(() =>
    inStep(patience, { title: 'a step' }, () => graph.read('/me')),
  )
  expect(said).toContain('(GraphUnreachable)')
  expect(said).toContain(`The proxy ${host} responded 407.`)
  expect(said).toContain('Put user and password, percent-encoded, into the URL of HTTPS_PROXY')
  expect(said).toContain('Run the same command again')
  expect(code).toBe(1)
})

it('A fault of the program itself is called that, with the lines of code for a report', async () => {
  const { code, said } = await runFailing(() => Promise.reject(new TypeError('x is not a function')))
  expect(said).toMatch(/^A fault of agentctl\. Please report it.*\nTypeError: x is not a function\n +at /)
  expect(code).toBe(1)
})
