import { type ProblemDocument, ProblemError } from '@entra-bedrock-agent/service-kit'
import { trouble } from './problems.ts'

/** The result of one check. */
export interface Finding {
  readonly check: string
  readonly status: 'PASS' | 'WARN' | 'FAIL'
  /** The result in one sentence. */
  readonly detail: string
  /** If there is a problem, its code and its hint. */
  readonly code?: string
  readonly hint?: string
  /** The claims of the agent’s token; never the token itself. */
  readonly claims?: Readonly<Record<string, unknown>>
}

/** The result of a check that passed: a sentence, alone or with claims. */
export type PassedResult = string | Pick<Finding, 'detail' | 'claims'>

/** One check. Checks only read, and change nothing. */
export interface Check {
  readonly name: string
  /** Checks that have to pass before this one can be made. */
  readonly needs?: readonly string[]
  /**
   * Makes the check. Resolves with a sentence on what is in order, or with a problem if the check only warns.
   *
   * @throws {ProblemError} if the check fails
   */
  run(): Promise<PassedResult | ProblemError>
}

/** Makes the checks one after another, and skips checks that need a failed check. */
export async function examine(checks: readonly Check[]): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const check of checks) {
    const missing = findings.find(
      ({ check: name, status, code }) =>
        check.needs?.includes(name) && (status === 'FAIL' || code === 'NOT_CHECKED'),
    )
    const result = missing
      ? findingOf('WARN', trouble('NOT_CHECKED', `Not looked at, because of “${missing.check}”.`))
      : await runCheck(check)
    findings.push({ check: check.name, ...result })
  }
  return findings
}

async function runCheck(check: Check): Promise<Omit<Finding, 'check'>> {
  try {
    const result = await check.run()
    if (result instanceof ProblemError) return findingOf('WARN', result)
    return { status: 'PASS', ...(typeof result === 'string' ? { detail: result } : result) }
  } catch (error) {
    if (error instanceof ProblemError) return findingOf('FAIL', error)
    throw error
  }
}

function findingOf(status: 'WARN' | 'FAIL', { code, message, kind, options }: ProblemError) {
  return { status, detail: message, code, hint: options.hint ?? kind.hint }
}

/** Calls `ask` when its result is needed for the first time, and keeps the result. */
export function once<Result>(ask: () => Promise<Result>): () => Promise<Result> {
  let asked: Promise<Result> | undefined
  return () => {
    asked ??= ask()
    return asked
  }
}

/** A problem that the agent reported. */
export function reportedProblem({
  code,
  title,
  status,
  detail,
  hint,
  upstream,
}: ProblemDocument): ProblemError {
  return new ProblemError(code, { title, status, hint }, detail, { upstream })
}
