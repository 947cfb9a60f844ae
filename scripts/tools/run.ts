import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import type { Program } from './tool.ts'

export interface RunOptions {
  readonly signal: AbortSignal
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Runs a program and returns its output; rejects with the last line of its error output. */
export async function run(
  file: string,
  args: readonly string[],
  { cwd, env, signal }: RunOptions,
): Promise<string> {
  const child = spawn(file, args, {
    ...(cwd ? { cwd } : {}),
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, so that its children are stopped with it.
    detached: true,
  })
  const stop = () => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  }
  signal.addEventListener('abort', stop)
  try {
    const [[code], output, complaint] = await Promise.all([
      once(child, 'close'),
      text(child.stdout),
      text(child.stderr),
    ])
    signal.throwIfAborted()
    if (code !== 0) throw new Error(lastLine(complaint || output) || `${file} ended with ${code}`)
    return output
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** A check of a tool: with these arguments, the program's output has to match. */
export function outputMatches(args: readonly string[], expected: RegExp) {
  return async ({ executable, args: always = [], env = {} }: Program, signal: AbortSignal): Promise<void> => {
    const output = await run(executable, [...always, ...args], { env, signal })
    if (!expected.test(output)) throw new Error(`${executable} is another version: ${lastLine(output)}`)
  }
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1)?.trim() ?? ''
}
