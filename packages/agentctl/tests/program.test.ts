import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { fetch as fetchBy, ProxyAgent } from 'undici'
import { expect, it, onTestFinished, vi } from 'vitest'
import { makeCertificate } from '../../../emulators/entra/src/testing/certificate.ts'
import { Graph } from '../src/entra/graph.ts'
import { inStep } from '../src/entra/run.ts'
import { SignIn } from '../src/entra/sign-in.ts'
import { newProgram, runProgram } from '../src/set-up/program.ts'

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
  const code = await runProgram(program, ['fail'], output)
  const named = said
    .join('\n')
    .replaceAll(tmpdir(), '<folder>')
    .replaceAll(/127\.0\.0\.1:\d+/g, '<host>')
  return { code, said: named.replace(/getaddrinfo \w+/, 'getaddrinfo').replace(/[0-9A-F]+:error:.*/, 'TLS') }
}

// biome-ignore format: table
const failures: readonly (readonly [what: string, fail: () => unknown])[] = [
  ['a full disk', () => writeFileSync('/dev/full', 'text')],
  ['a folder in the place of a file', () => readFileSync(tmpdir())],
  ['a folder that is not there', () => writeFileSync('/nowhere/file', '')],
  ['a file that may not be used so', () => execFileSync(tmpdir())],
  ['a host that DNS does not know', () => fetch('https://nowhere.invalid')],
  ['a port at which nobody listens', async () => { const server = createServer(hello); const host = await listen(server); server.close(); await fetch(`http://${host}`) }],
  ['a certificate of an unknown authority', async () => { using made = makeCertificate('localhost'); await fetch(`https://${await listen(createTlsServer({ key: made.key, cert: made.certificate }, hello))}`) }],
  ['https to a port that has none', async () => fetch(`https://${await answering(hello)}`)],
  ['a connection that is cut', async () => fetch(`http://${await answering(request => void request.socket.destroy())}`)],
  ['a host that never answers', async () => fetch(`http://${await answering(() => undefined)}`, { signal: AbortSignal.timeout(50) })],
]

it('A command tells a failure of the system in one paragraph, with cause and fix', async () => {
  const texts: string[] = []
  for (const [what, fail] of failures) {
    const { code, said } = await runFailing(fail)
    texts.push(`${what}\n${said}\nexit code ${code}\n`)
  }
  await expect(texts.join('\n')).toMatchFileSnapshot('program.txt')
})

it('A step that a proxy stops says that it was the proxy, and which one', async () => {
  const proxy = createServer().on('connect', (_request, socket) => socket.end('HTTP/1.1 407 No\r\n\r\n'))
  const url = `http://${await listen(proxy)}`
  vi.stubEnv('HTTPS_PROXY', url)
  const dispatcher = new ProxyAgent(url)
  const send = (url: string) => fetchBy(url, { dispatcher }) as unknown as Promise<Response>
  const credential = { name: 'a token', fix: '', token: async () => 'e30.e30.' }
  const graph = new Graph('https://graph.example', new SignIn('', [credential], () => undefined), send)
  const clock = { enteredMs: 0, nowMs: () => 0, wait: async () => undefined }
  const patience = { clock, waitSeconds: 1, say: () => undefined }
  const { code, said } = await runFailing(() =>
    inStep(patience, { title: 'a step' }, () => graph.read('/me')),
  )
  await expect(`${said}\nexit code ${code}`).toMatchFileSnapshot('program-behind-proxy.txt')
})

it('A fault of the program itself is called that, with the lines of code for a report', async () => {
  const { code, said } = await runFailing(() => Promise.reject(new TypeError('x is not a function')))
  expect(said).toMatch(/^A fault of agentctl\. Please report it.*\nTypeError: x is not a function\n +at /)
  expect(code).toBe(1)
})
