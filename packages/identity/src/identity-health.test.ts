import { expect, it } from 'vitest'
import { IdentityHealthRecord } from './identity-health.ts'
import { type IdentityProblemCode, identityProblem, identityProblems } from './problems.ts'
import { agent, describeProblem, ordersApi, secondAgent } from './testing/fixtures.ts'

const request = { agent, flow: 'autonomous', api: ordersApi } as const
const optional = { ...request, api: { ...ordersApi, name: 'notes', isOptional: true } }

function recordOf() {
  const record = new IdentityHealthRecord([agent, secondAgent])
  const fail = (code: IdentityProblemCode, asked: typeof request = request) => {
    const problem = identityProblem(code, 'It failed.', { upstream: { service: 'sidecar', status: 500 } })
    record.tokenFailed(asked, problem, performance.now())
    return problem
  }
  const states = () => {
    const [own, other] = [record.current.flowsOf(agent), record.current.flowsOf(secondAgent)]
    const { sidecar } = record.current
    const all = {
      sidecar,
      'this flow': own.autonomous,
      'other flow': own.obo,
      'other agent': other.autonomous,
    }
    return Object.entries(all).map(([what, { state }]) => `${what} ${state}`)
  }
  return { record, fail, states: () => states().join(', ') }
}

it('A failure makes unavailable what it concerns: the sidecar, the flow, all flows of all agents, or one user only', async () => {
  const codes = [...Object.keys(identityProblems), 'INTERNAL_ERROR'] as IdentityProblemCode[]
  const blocks = Object.entries({ 'the API': request, 'an optional API': optional }).flatMap(
    ([api, asked]) => {
      const byStates = Map.groupBy(codes, code => {
        const { record, fail, states } = recordOf()
        record.tokenObtained(request)
        fail(code, asked)
        const failed = states()
        record.tokenObtained(request)
        return `failed: ${failed}\nthen a token: ${states()}`
      })
      return [...byStates].map(([states, alike]) => `# for ${api}: ${alike.join(', ')}\n${states}\n`)
    },
  )
  await expect(blocks.join('\n')).toMatchFileSnapshot('identity-health.txt')
})

it('A sidecar that fails two token requests in a row has to be restarted, and the problem says so', () => {
  const { record, fail } = recordOf()
  fail('SIDECAR_FAILED')
  expect(record.current.sidecarNeedsRestart).toBeUndefined()
  fail('SIDECAR_FAILED')
  const { sidecarNeedsRestart: problem } = record.current
  expect(problem && describeProblem(problem)).toMatchInlineSnapshot(`
    "SIDECAR_FAILED: The sidecar runs, but every token request fails.
      from: sidecar, 500
      hint: If Entra is within its reach, restart the sidecar: a credential that it could not load once (such as a token file that was not there yet) is never tried again."
  `)
  expect(record.current.flowsOf(agent).obo.problem).toBe(problem)
  record.tokenObtained(request)
  expect(record.current.sidecarNeedsRestart).toBeUndefined()
})

it('No restart of the sidecar is advised if another problem, or a token, comes between two SIDECAR_FAILED', () => {
  const { record, fail } = recordOf()
  for (const code of ['SIDECAR_FAILED', 'ENTRA_UNAVAILABLE', 'SIDECAR_FAILED'] as const) fail(code)
  expect(record.current.sidecarNeedsRestart).toBeUndefined()
  record.tokenObtained(request)
  fail('SIDECAR_FAILED')
  expect(record.current.sidecarNeedsRestart).toBeUndefined()
})
