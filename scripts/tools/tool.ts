import { join, resolve } from 'node:path'

/** Where everything that is brought is kept: `make test` brings it once. */
export const toolsFolder = resolve(import.meta.dirname, '../../node_modules/.cache/tools')

export interface Program {
  readonly executable: string
  /** What it is always started with. */
  readonly args?: readonly string[]
  /** What the program needs in its environment. */
  readonly env?: Readonly<Record<string, string>>
}

export interface Attempt {
  /** An empty folder that is kept if the attempt succeeds. */
  readonly folder: string
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

/** One way to get a program. */
export interface Way {
  readonly name: string
  readonly timeoutMs: number
  /** Said beforehand. */
  readonly effort?: string
  /** Resolves with nothing where there is nothing to try; rejects with one line that says why it did not work. */
  get(attempt: Attempt): Promise<Program | undefined>
}

export interface Tool {
  /** What tests call it by. */
  readonly name: string
  /** What is brought; what was kept of another version is not used. */
  readonly version: string
  /** Names or paths under which a machine may have it; those are tried first. */
  readonly names: readonly string[]
  /** The first one that works is taken. */
  readonly ways: readonly Way[]
  /** How a user gets it where no way works. */
  readonly advice: string
  /** Rejects where the program does not start or is not fit for the tests. */
  check(program: Program, signal: AbortSignal): Promise<void>
}

/** A small script that starts the program, for each tool that is there. */
export function launcherOf(name: string, folder = toolsFolder): string {
  return join(folder, 'bin', name)
}
