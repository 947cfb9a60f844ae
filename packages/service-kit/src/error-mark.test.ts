import { expect, it } from 'vitest'
import { ConfigurationError, isConfigurationError } from './environment.ts'
import { isSendError, SendError } from './outbound/send-error.ts'
import { commonProblem, isProblem, ProblemError } from './problems.ts'

it('recognises the errors of another copy of the package, whose classes are others', async () => {
  const problems = await loadCopy<typeof import('./problems.ts')>('./problems.ts')
  const sending = await loadCopy<typeof import('./outbound/send-error.ts')>('./outbound/send-error.ts')
  const environment = await loadCopy<typeof import('./environment.ts')>('./environment.ts')
  const problem = problems.commonProblem('NOT_FOUND', 'There is no page.')
  const sendError = new sending.SendError('refused', 'Nobody listens.')
  const faults = new environment.ConfigurationError(['PORT is missing.'])

  expect(problem).not.toBeInstanceOf(ProblemError)
  expect(sendError).not.toBeInstanceOf(SendError)
  expect(faults).not.toBeInstanceOf(ConfigurationError)
  expect([isProblem(problem), isSendError(sendError), isConfigurationError(faults)]).toEqual([
    true,
    true,
    true,
  ])
})

it('takes no other error, and nothing that only looks alike, for one of its own', () => {
  const others = [new Error('other'), { ...commonProblem('NOT_FOUND', 'There is no page.') }, 'text', null]
  const guards = [isProblem, isSendError, isConfigurationError]
  expect(others.filter(other => guards.some(guard => guard(other)))).toEqual([])
  expect(isSendError(commonProblem('NOT_FOUND', 'There is no page.'))).toBe(false)
})

function loadCopy<Module>(file: string): Promise<Module> {
  return import(`${new URL(file, import.meta.url).pathname}?copy`)
}
