import { isConfigurationError } from '@entra-agents/service-kit'
import { Command, CommanderError } from 'commander'
import { Mistake } from './mistake.ts'
import { StepFailed } from './step-failed.ts'
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
    .configureHelp({ subcommandTerm: command => command.name(), minWidthToWrap: 30 })
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

/** Says what failed, why, and what to do; lines of code only for a fault of this program. Returns the exit code. */
export function reportError(error: unknown, given: Output['say']): number {
  const say = visibly(given)
  if (isConfigurationError(error) || error instanceof Mistake) {
    say(error instanceof Mistake ? `${error.message}\n  Fix: ${error.fix}` : error.message)
    return 2
  }
  const explained = error instanceof StepFailed ? error : explainSystemError(error)
  if (explained) {
    const { failed, cause, fix } = explained
    say(`Failed: ${failed}\n  Cause: ${cause.replaceAll('\n', '\n  ')}\n  Fix: ${fix}`)
  } else say(`A fault of agentctl. Please report it with these lines:\n${(error as Error).stack}`)
  return 1
}
