import { ProblemError } from '@entra-agents/service-kit'

const hint = 'What was approved was sent, and may have been done: see whether it was before you ask again.'

/** The failure, with the hint that a call may have been carried out all the same. */
export function withUnknownOutcome({ code, kind, message, options }: ProblemError): ProblemError {
  const extensions = { ...options.extensions, mayHaveBeenDone: true }
  return new ProblemError(code, kind, message, { ...options, hint, extensions })
}
