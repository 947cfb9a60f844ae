import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import type { ChatResponse, Status } from '@entra-bedrock-agent/identity-trace'
import { afterEach, describe, expect, it } from 'vitest'
import { findFreePort } from '../support/ports.ts'

const root = resolve(import.meta.dirname, '../..')
const portVariables = [
  'PORT',
  'SIDECAR_PORT',
  'WEATHER_API_PORT',
  'ENTRA_PORT',
  'BEDROCK_PORT',
  'METRICS_PORT',
]

const command = [process.execPath, 'scripts/demo.ts'] as const
/** `make demo` in a pseudo-terminal, so that Ctrl-C can be sent. */
const commandInTerminal =
  process.platform === 'darwin'
    ? (['script', '-q', '/dev/null', 'make', 'demo'] as const)
    : (['script', '-qec', 'make demo', '/dev/null'] as const)
const ctrlC = '\u0003'

interface Demo {
  readonly process: ChildProcess
  readonly ports: Readonly<Record<string, number>>
  readonly ended: Promise<number | null>
  /** Resolves when the text has been printed; rejects with all output when the demo ends before. */
  printed(text: string): Promise<void>
}

const cleanUps: (() => void)[] = []
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp()
})

async function startDemo(
  [file, ...args]: readonly [string, ...string[]],
  change: Record<string, string> = {},
) {
  const ports = Object.fromEntries(
    await Promise.all(portVariables.map(async name => [name, await findFreePort()] as const)),
  )
  const env = {
    PATH: process.env['PATH'],
    WEATHER_PROVIDER: 'climate-normals',
    ...stringified(ports),
    ...change,
  }
  const child = spawn(file, args, { cwd: root, env, stdio: 'pipe' })
  cleanUps.push(() => child.kill('SIGTERM'))
  let output = ''
  const waiting = new Map<string, () => void>()
  const take = (data: Buffer) => {
    output += data.toString()
    for (const [text, found] of waiting) if (output.includes(text)) found()
  }
  child.stdout.on('data', take)
  child.stderr.on('data', take)
  const ended = new Promise<number | null>(done => child.once('close', done))
  const printed = (text: string) =>
    new Promise<void>((found, failed) => {
      if (output.includes(text)) found()
      waiting.set(text, found)
      void ended.then(() =>
        output.includes(text) ? found() : failed(new Error(`The demo ended early:\n${output}`)),
      )
    })
  return { process: child, ports, ended, printed } satisfies Demo
}

function stringified(ports: Record<string, number>): Record<string, string> {
  return Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, String(port)]))
}

/** Runs the curl command of the README with another port. */
async function runCurlOfReadme(port: number): Promise<string> {
  const readme = readFileSync(resolve(root, 'README.md'), 'utf8')
  const curl = /^ {4}(curl .*\\\n.*)$/m.exec(readme)?.[1]
  if (!curl) throw new Error('README.md has no curl command.')
  const { stdout } = await promisify(execFile)('sh', ['-c', curl.replace(':3001', `:${port}`)])
  return stdout
}

async function askOverMcp(port: number): Promise<ChatResponse> {
  const status = async () => (await (await fetch(`http://localhost:${port}/api/status`)).json()) as Status
  await expect.poll(status).toMatchObject({ components: { weather_tools: { state: 'ready' } } })
  const message = 'Ask weather-tools for the weather in Oslo'
  const response = await fetch(`http://localhost:${port}/api/chat`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ message, mode: 'bedrock', flow: 'autonomous' }),
  })
  return (await response.json()) as ChatResponse
}

async function listen(port: number): Promise<Server> {
  const server = createServer()
  await new Promise<void>((done, failed) => server.once('error', failed).listen(port, '127.0.0.1', done))
  return server
}

/** Whether the port is open on an address of this machine other than loopback. */
function isOpenToOthers(port: number | undefined): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ port: port ?? 0, host: '127.0.0.2' })
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

describe('make demo', () => {
  it('answers the question of the README under the agent’s own identity; Ctrl-C ends it with exit code 0', async () => {
    const demo = await startDemo(commandInTerminal)
    await demo.printed(`Ready: http://localhost:${demo.ports['PORT']}`)
    const reply = JSON.parse(await runCurlOfReadme(demo.ports['PORT'] ?? 0)) as ChatResponse
    expect(reply).toMatchObject({ answer: expect.stringContaining('Dallas') })
    const card = reply.trace.findLast(step => step.token?.role === 'TR')?.token
    expect(card?.claims).toMatchObject({ azp: 'bbbbbbbb-0000-4000-8000-00000000000b' })
    expect(card?.verifiedBy?.map(({ actor }) => actor)).toContain('weather-api')
    const served = await askOverMcp(demo.ports['PORT'] ?? 0)
    expect(served.tools).toMatchObject([{ name: 'weather-tools__get_weather', status: 'ok' }])
    expect(served).toMatchObject({ answer: expect.stringContaining('Oslo') })
    const call = served.trace.find(({ kind }) => kind === 'api-call')
    expect(call).toMatchObject({ to: 'weather-tools', request: { body: { method: 'tools/call' } } })
    expect(served.trace.find(({ kind }) => kind === 'validation')).toMatchObject({ from: 'weather-tools' })
    for (const port of Object.values(demo.ports)) expect(await isOpenToOthers(port)).toBe(false)
    demo.process.stdin?.write(ctrlC)
    expect(await demo.ended).toBe(0)
  })

  it('opens the page and Entra to others by HOST, passes the limits on, and ends with exit code 0 on SIGTERM too', async () => {
    const demo = await startDemo(command, {
      HOST: '0.0.0.0',
      ALLOWED_HOSTS: 'agent.example,127.0.0.1',
      RATE_LIMIT_PER_MINUTE: '1',
    })
    await demo.printed('Ready:')
    const open = await Promise.all(Object.values(demo.ports).map(isOpenToOthers))
    expect(Object.keys(demo.ports).filter((_, index) => open[index])).toEqual([
      'PORT',
      'ENTRA_PORT',
      'METRICS_PORT',
    ])
    const ask = async (host: string) => {
      const response = await fetch(`http://${host}:${demo.ports['PORT']}/api/chat`, { method: 'POST' })
      return response.status
    }
    expect(await ask('localhost')).toBe(421)
    expect(await ask('127.0.0.1')).toBe(400)
    expect(await ask('127.0.0.1')).toBe(429)
    demo.process.kill('SIGTERM')
    expect(await demo.ended).toBe(0)
  })

  it.each([
    ['SIDECAR_PORT', 'sidecar'],
    ['METRICS_PORT', 'the metrics of agent'],
  ])('says in words that the port of %s is taken', async (variable, name) => {
    const other = await listen(0)
    cleanUps.push(() => other.close())
    const { port } = other.address() as { port: number }
    const demo = await startDemo(command, { [variable]: String(port) })
    await demo.printed(
      `Port ${port} for ${name} is taken. Stop the program that listens there, or set ${variable} to a free port.`,
    )
    expect(await demo.ended).toBe(1)
  })

  it('reports an invalid port', async () => {
    const demo = await startDemo(command, { PORT: 'three thousand' })
    await demo.printed('PORT must be a whole number from 0 to 65535; it is "three thousand".')
    expect(await demo.ended).toBe(1)
  })

  it('stops everything with a reason when one process dies', async () => {
    const demo = await startDemo(command, { WEATHER_PROVIDER: 'crystal-ball' })
    await demo.printed('WEATHER_PROVIDER must be one of')
    await demo.printed('weather-api ended (exit code 1)')
    expect(await demo.ended).toBe(1)
  })
})
