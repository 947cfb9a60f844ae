import { type ProblemDocument, ProblemError } from '@entra-bedrock-agent/service-kit'
import { trouble } from './problems.ts'

/** What one check found. */
export interface Finding {
  readonly check: string
  readonly status: 'PASS' | 'WARN' | 'FAIL'
  /** What was seen, in one sentence. */
  readonly detail: string
  /** The problem, when there is one, and the way out. */
  readonly code?: string
  readonly hint?: string
  /** What the agent’s token says; never the token itself. */
  readonly claims?: Readonly<Record<string, unknown>>
}

/** Something that is in order. */
export type Passed = string | Pick<Finding, 'detail' | 'claims'>

/** One question to the system. Checks read, they change nothing. */
export interface Check {
  readonly name: string
  /** Checks without which this one cannot tell anything. */
  readonly needs?: readonly string[]
  /** Resolves to what is in order, or to a problem that is only a warning; throws the problem that is a failure. */
  run(): Promise<Passed | ProblemError>
}

/** Makes the checks one after the other. Those that a failure leaves nothing to look at are not made. */
export async function examine(checks: readonly Check[]): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const check of checks) {
    const missing = findings.find(
      ({ check: name, status, code }) =>
        check.needs?.includes(name) && (status === 'FAIL' || code === 'NOT_CHECKED'),
    )
    const result = missing
      ? findingOf('WARN', trouble('NOT_CHECKED', `Not looked at, because of “${missing.check}”.`))
      : await make(check)
    findings.push({ check: check.name, ...result })
  }
  return findings
}

async function make(check: Check): Promise<Omit<Finding, 'check'>> {
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

/** A problem that the agent told of. */
export function toldProblem({ code, title, status, detail, hint, upstream }: ProblemDocument): ProblemError {
  return new ProblemError(code, { title, status, hint }, detail, { upstream })
}
