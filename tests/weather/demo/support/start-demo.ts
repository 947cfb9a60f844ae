import { type ChildProcess, spawn } from 'node:child_process'
import { connect } from 'node:net'
import { resolve } from 'node:path'
import { onTestFinished } from 'vitest'
import { findDemoPorts } from '../../../support/ports.ts'
import { processEnv } from '../../../support/process-env.ts'

export const root = resolve(import.meta.dirname, '../../../..')
export const demoCommand = [process.execPath, 'scripts/demo.ts'] as const
/** `make demo` in a pseudo-terminal, so that Ctrl-C can be sent. */
export const commandInTerminal =
  process.platform === 'darwin'
    ? (['script', '-q', '/dev/null', 'make', 'demo'] as const)
    : (['script', '-qec', 'make demo', '/dev/null'] as const)

interface Demo {
  readonly process: ChildProcess
  readonly ports: Readonly<Record<string, number>>
  readonly ended: Promise<number | null>
  /** All that was printed so far. */
  readonly output: () => string
  /** Resolves when the text has been printed; rejects with all output if the demo ends first. */
  printed(text: string): Promise<void>
}

/** Starts the demo at free ports; it ends with the test at the latest. */
export async function startDemo(
  [file, ...args]: readonly [string, ...string[]],
  change: Record<string, string> = {},
) {
  const ports = await findDemoPorts()
  const env = {
    ...processEnv(),
    WEATHER_PROVIDER: 'climate-normals',
    ...portVariables(ports),
    ...change,
  }
  const child = spawn(file, args, { cwd: root, env, stdio: 'pipe' })
  onTestFinished(() => void child.kill('SIGTERM'))
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
  return { process: child, ports, ended, printed, output: () => output } satisfies Demo
}

export function portVariables(ports: Demo['ports']): Record<string, string> {
  return Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, String(port)]))
}

/** Whether the port is open on an address of this machine other than loopback. */
export function isOpenToOthers(port: number | undefined): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ port: port ?? 0, host: '127.0.0.2' })
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
