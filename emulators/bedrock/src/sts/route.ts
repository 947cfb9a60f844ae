import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Account } from '../account/account.ts'
import { signedRequestOf } from '../server/signed-request-of.ts'
import type { Switchboard } from '../switchboard/switchboard.ts'
import { assumeRoleWithWebIdentity } from './assume-role-with-web-identity.ts'
import { getCallerIdentity } from './caller-identity.ts'
import { StsError } from './sts-error.ts'
import { actionAnswer, errorAnswer, type XmlContent } from './xml.ts'

const version = '2011-06-15'

/** AWS STS: the query protocol on `POST /`, answers in XML. */
export function addStsRoute(
  app: FastifyInstance,
  { account, switchboard }: { account: Account; switchboard: Switchboard },
): void {
  app.post('/', async (request, reply) => {
    const parameters = new URLSearchParams(Buffer.from(signedRequestOf(request).body).toString('utf8'))
    const action = parameters.get('Action') ?? ''
    const startedMs = performance.now()
    const seen = switchboard.requests.open(request, action)
    reply.header('x-amzn-requestid', seen.id).type('text/xml')
    try {
      const result = await act(account, action, parameters, request)
      seen.status = 200
      return actionAnswer(action, result, seen.id)
    } catch (error) {
      if (!(error instanceof StsError)) throw error
      seen.status = error.status
      seen.error = error.code
      return reply.code(error.status).send(errorAnswer(error.code, error.message, seen.id))
    } finally {
      seen.outcome = 'complete'
      seen.durationMs = Math.round(performance.now() - startedMs)
    }
  })
}

async function act(
  account: Account,
  action: string,
  parameters: URLSearchParams,
  request: FastifyRequest,
): Promise<XmlContent> {
  if (parameters.get('Version') === version) {
    if (action === 'AssumeRoleWithWebIdentity') return assumeRoleWithWebIdentity(account, parameters)
    if (action === 'GetCallerIdentity') return getCallerIdentity(account, signedRequestOf(request))
  }
  throw new StsError(
    'InvalidAction',
    400,
    `Could not find operation ${action} for version ${parameters.get('Version') ?? 'NO_VERSION_SPECIFIED'}`,
  )
}
