import type { ProblemError } from '@entra-agents/service-kit'
import type { Component, Status } from '@entra-agents/trace'
import { type Check, reportedProblem } from './finding.ts'
import { trouble } from './problems.ts'

/** Codes that mean that an optional part is not configured. */
const notConfiguredCodes = new Set(['BEDROCK_NOT_CONFIGURED', 'SIGN_IN_NOT_CONFIGURED'])

/** Checks of what a running agent reports about its dependencies. */
export function statusChecks({ components, version }: Status): readonly Check[] {
  const { bedrock, ...others } = components
  return [
    { name: 'agent', run: async () => `Version ${version}.` },
    ...Object.entries(others).map(([name, component]) => ({
      name: name.replaceAll('_', '-'),
      run: async () => judgeComponent(component, `Seen to work at ${component.checkedAt}.`),
    })),
    {
      name: 'Bedrock',
      run: async () =>
        judgeComponent(
          bedrock,
          `${bedrock.model} answers in ${bedrock.region}, by the credential ${bedrock.credential}.`,
        ),
    },
  ]
}

function judgeComponent({ state, problem }: Component, works: string): string | ProblemError {
  if (state === 'ready') return works
  if (problem === undefined)
    return trouble('NOT_CHECKED', 'The agent has not seen it yet.', 'Ask again in a moment.')
  const reported = reportedProblem(problem)
  if (notConfiguredCodes.has(problem.code)) return reported
  throw reported
}
