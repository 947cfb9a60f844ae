import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

export interface RunOptions {
  /** The program's standard input. */
  readonly input?: string
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
}

/**
 * Runs a program and returns its standard output.
 *
 * @throws with all its output, if it fails, and also if it does not exist
 */
export async function run(
  program: string,
  args: readonly string[],
  { input, ...options }: RunOptions = {},
): Promise<string> {
  const child = spawn(program, args, { ...options, stdio: 'pipe' })
  // A program that ended early may not have read all its input: whether it failed is known by its exit code.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const [output, complaint] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    child.exitCode === null ? once(child, 'close') : undefined,
  ])
  if (child.exitCode !== 0) {
    throw new Error(`${program} ${args.join(' ')}\nended with ${child.exitCode}: ${complaint}${output}`)
  }
  return output
}
