import { expect, it } from 'vitest'
import { StepFailed } from '../set-up/step-failed.ts'
import { GraphRefusal } from './graph.ts'
import { toStepFailed } from './refusals.ts'

/** Refusals for reasons that the emulated tenant does not know, and by other statuses. */
const refusals: readonly (readonly [status: number, code: string, path?: string])[] = [
  [400, 'Agent_Directory_QuotaExceeded'],
  [400, 'AgentBlueprint_LimitExceeded'],
  [400, 'AgentIdentity_LimitExceeded'],
  [400, 'AgentBlueprint_NotSupportedOnApiVersion'],
  [400, 'AgentIdentity_IncompatibleParentType'],
  [400, 'Error_AgentIdentitySelfCreateRequired'],
  [400, 'HostNameNotOnVerifiedDomain'],
  [400, 'CannotDeleteOrUpdateEnabledEntitlement'],
  [400, 'Request_MultipleObjectsWithSameKeyValue'],
  [400, 'Request_BadRequest', '/applications/1/addPassword'],
  [400, 'Request_BadRequest'],
  [401, 'InvalidAuthenticationToken'],
  [404, 'Request_ResourceNotFound'],
  [503, 'serviceNotAvailable'],
]

it('a refusal of Graph is told with cause and remedy', async () => {
  const access = { POST: { permission: 'A.Read', role: 'Reader', advice: 'Some advice. ' } }
  const texts = refusals.map(([status, code, path = '/x']) => {
    const response = new Response(null, { status })
    const refusal = new GraphRefusal({ method: 'POST', path }, response, { error: { code, message: 'No.' } })
    const failure = toStepFailed(refusal, { title: 'a step', access })
    return failure instanceof StepFailed ? `${failure.failed}\n${failure.cause}\nFix: ${failure.fix}\n` : ''
  })
  await expect(texts.join('\n')).toMatchFileSnapshot('refusals.txt')
})
