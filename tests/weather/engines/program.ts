import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'

/** A running program with all that it starts, in a process group of its own. */
export class Program implements AsyncDisposable {
  readonly #child: ChildProcess

  /** Starts the program with PATH and these variables only; what it prints at descriptors 2 and 3 can be awaited. */
  constructor(command: string, args: readonly string[], env: Readonly<Record<string, string>>) {
    this.#child = spawn(command, args, {
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      detached: true,
    })
    this.#child.on('error', error => this.#child.stderr?.destroy(error))
  }

  /** Waits until the program's output matches this pattern, and returns what the first group matched. */
  async prints(pattern: RegExp, descriptor: 2 | 3 = 2): Promise<string> {
    let printed = ''
    for await (const piece of (this.#child.stdio[descriptor] as Readable).iterator({
      destroyOnReturn: false,
    })) {
      printed += piece
      const found = pattern.exec(printed)?.[1]
      if (found !== undefined) return found
    }
    throw new Error(`It ended without ${pattern}: ${printed}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { pid, exitCode, signalCode } = this.#child
    if (pid === undefined || exitCode !== null || signalCode !== null) return
    const ended = once(this.#child, 'exit')
    process.kill(-pid, 'SIGKILL')
    await ended
  }
}
