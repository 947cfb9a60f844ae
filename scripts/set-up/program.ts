import { ConfigurationError } from '@entra-bedrock-agent/service-kit'
import { Command, CommanderError } from 'commander'
import { StepFailed } from '../entra/refusals.ts'
import { Mistake } from './mistake.ts'
import { explainSystemError } from './system-errors.ts'
import { visibly } from './visible.ts'

export interface Output {
  /** Prints a result. */
  readonly print: (text: string) => void
  /** Prints everything that is no result. */
  readonly say: (text: string) => void
}

/** The command line without its commands, which take over how it prints help and refuses what it does not know. */
export function newProgram({ print, say }: Output): Command {
  return new Command('npx --no-install agentctl')
    .exitOverride()
    .configureOutput({
      writeOut: text => print(text.trimEnd()),
      writeErr: text => say(text.trimEnd()),
    })
    .configureHelp({ subcommandTerm: command => command.name() })
    .helpOption('-h, --help', 'this help')
    .showHelpAfterError('(-h shows the commands and options.)')
}

/** Runs the command that the arguments name. Resolves to an exit code if it printed help or failed. */
export async function runProgram(
  program: Command,
  args: readonly string[],
  { say }: Output,
): Promise<number | undefined> {
  try {
    await program.parseAsync(args, { from: 'user' })
    return undefined
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    return reportError(error, say)
  }
}

/**
 * Says what failed, why, and what to do. Resolves to the exit code.
 *
 * @throws every error that is neither the user's mistake nor a failure of the system: a fault of this program
 */
export function reportError(error: unknown, given: Output['say']): number {
  const say = visibly(given)
  if (error instanceof ConfigurationError) {
    say(error.message)
    return 2
  }
  if (error instanceof Mistake) {
    say(`${error.message}\n  Fix: ${error.fix}`)
    return 2
  }
  if (error instanceof StepFailed) {
    const { message, code, cause, fix } = error
    say(`Failed: ${message} (${code})\n  Cause: ${cause.replaceAll('\n', '\n  ')}\n  Fix: ${fix}`)
    return 1
  }
  const explained = explainSystemError(error)
  if (!explained) throw error
  const { message, cause } = error as Error
  const text = cause instanceof Error ? `${message}: ${cause.message.trim()}` : message
  say(`Failed: ${text}\n  Cause: ${explained.cause}\n  Fix: ${explained.fix}`)
  return 1
}
