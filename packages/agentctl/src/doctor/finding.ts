import { isProblem, type ProblemDocument, ProblemError } from '@entra-agents/service-kit'
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
  /** A problem that tells nothing of what the check looks at, so that the check only warns, with this hint. */
  readonly blindBy?: { readonly code: string; readonly hint: string }
  /**
   * Makes the check. Resolves with a sentence on what is in order, or with a problem if the check only warns.
   *
   * @throws {ProblemError} if the check fails; NOT_CHECKED only warns
   */
  run(): Promise<PassedResult | ProblemError>
}

/** Is told, whenever that changes, which checks have not ended. */
export type Watch = (open: readonly string[]) => void

/**
 * Makes the checks side by side and reports them in the order of the list. A check waits for those that it needs, and is
 * skipped if one of these failed. What has not ended after `limitMs` is reported as that.
 */
export async function examine(
  checks: readonly Check[],
  { watch, limitMs = 7_000 }: { readonly watch?: Watch | undefined; readonly limitMs?: number } = {},
): Promise<readonly Finding[]> {
  const open = new Set(checks.map(({ name }) => name))
  watch?.([...open])
  const limit = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => limit.reject(trouble('NO_ANSWER', `No answer in ${limitMs / 1_000} s.`)),
    limitMs,
  )
  const look = async (check: Check, grounds: readonly Promise<Finding>[]) => {
    const failed = (await Promise.all(grounds)).find(
      ({ status, code }) => status === 'FAIL' || code === 'NOT_CHECKED',
    )
    const finding = failed
      ? findingOf(check, 'WARN', trouble('NOT_CHECKED', `Not looked at, because of “${failed.check}”.`))
      : await runCheck(check, limit.promise)
    open.delete(check.name)
    watch?.([...open])
    return finding
  }
  const findings: Promise<Finding>[] = []
  for (const check of checks) {
    const grounds = findings.filter((_, index) => check.needs?.includes(checks[index]?.name ?? ''))
    findings.push(look(check, grounds))
  }
  const all = await Promise.all(findings)
  clearTimeout(timer)
  return all
}

async function runCheck(check: Check, limit: Promise<never>): Promise<Finding> {
  try {
    const result = await Promise.race([check.run(), limit])
    if (isProblem(result)) return findingOf(check, 'WARN', result)
    const passed = typeof result === 'string' ? { detail: result } : result
    return { check: check.name, status: 'PASS', ...passed }
  } catch (error) {
    const problem = isProblem(error) ? error : trouble('CHECK_FAILED', `${error}.`)
    if (problem.code === check.blindBy?.code)
      return findingOf(check, 'WARN', trouble('NOT_CHECKED', problem.message, check.blindBy.hint))
    return findingOf(check, problem.code === 'NOT_CHECKED' ? 'WARN' : 'FAIL', problem)
  }
}

function findingOf(check: Check, status: 'WARN' | 'FAIL', problem: ProblemError): Finding {
  const { code, message, kind, options } = problem
  return { check: check.name, status, detail: message, code, hint: options.hint ?? kind.hint }
}

/** A problem that the agent reported. */
export function reportedProblem(document: ProblemDocument): ProblemError {
  const { code, title, status, detail, hint, upstream } = document
  return new ProblemError(code, { title, status, hint }, detail, { upstream })
}
