import { isProblem } from '@entra-agents/service-kit'
import { Mistake } from '../../set-up/mistake.ts'
import { StepFailed } from '../../set-up/step-failed.ts'
import type { Run } from '../run.ts'
import type { Entry, ResultWord } from '../text.ts'

const incomplete: readonly ResultWord[] = ['failed', 'missing', 'stays on', 'accepted', 'not proven']

export const hasResult = ({ results }: Run, ...words: readonly ResultWord[]): boolean =>
  results.some(({ result }) => words.includes(result))

/** Whether `done` was reached, and everything else that was asked for. */
export const isComplete = (run: Run, done: ResultWord): boolean =>
  hasResult(run, done) && !hasResult(run, ...incomplete)

export const secondsSinceEnter = ({ clock }: Run): number =>
  Number(((clock.nowMs() - clock.enteredMs) / 1_000).toFixed(2))

/**
 * What failed, in words. Whatever it is, it must not stop what is done beside it.
 *
 * @param rights what kubectl’s user needs
 */
export function failureOf(error: unknown, rights = ''): Omit<Entry, 'title'> {
  const { message } = error as Error
  const failure = { result: 'failed', note: message } as const
  if (error instanceof StepFailed) return { ...failure, note: error.cause, code: error.code, fix: error.fix }
  if (isProblem(error)) return { ...failure, code: error.code, fix: error.options.hint ?? rights }
  return error instanceof Mistake ? { ...failure, fix: error.fix } : failure
}
