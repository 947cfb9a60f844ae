import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

export interface CommandOptions {
  /** The command's standard input. */
  readonly input?: string
}

/**
 * Runs a program and returns its standard output.
 *
 * @throws with all its output, if it fails
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  // A program that ended early may not have read all its input: whether it failed is known by its exit code.
  child.stdin.on('error', () => {})
  child.stdin.end(options.input)
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

export function kubectl(args: readonly string[], options?: CommandOptions): Promise<string> {
  return runProgram('kubectl', args, options)
}

export function helm(args: readonly string[], options?: CommandOptions): Promise<string> {
  return runProgram('helm', args, options)
}
