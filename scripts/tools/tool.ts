import { join, resolve } from 'node:path'

/** The folder of downloaded tools. */
export const toolsFolder = resolve(import.meta.dirname, '../../node_modules/.cache/tools')

export interface Program {
  readonly executable: string
  /** Arguments that the program is always started with. */
  readonly args?: readonly string[]
  /** What the program needs in its environment. */
  readonly env?: Readonly<Record<string, string>>
}

export interface Attempt {
  /** An empty folder, which is kept if the attempt succeeds. */
  readonly folder: string
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

/** One way to get a program. */
export interface Way {
  readonly name: string
  /** Default: five minutes. */
  readonly timeoutMs?: number
  /** What the user is told before the attempt, such as a size or duration. */
  readonly activity?: string
  /** Resolves with `undefined` if the way does not apply to this machine; rejects with one line that says why it failed. */
  get(attempt: Attempt): Promise<Program | undefined>
}

export interface Tool {
  /** The name by which tests start the program. */
  readonly name: string
  /** The version to get; a stored program of another version is not used. */
  readonly version: string
  /** Names or paths of the program on machines that have it, which are tried first. Default: its name. */
  readonly names?: readonly string[]
  /** Tried in this order. */
  readonly ways: readonly Way[]
  /** How a user can install it if no way works. */
  readonly advice: string
  /** Rejects if the program does not start or is not suitable for the tests. */
  check(program: Program, signal: AbortSignal): Promise<void>
}

/** The path of a script that starts the tool. */
export function launcherOf(name: string, folder = toolsFolder): string {
  return join(folder, 'bin', name)
}
