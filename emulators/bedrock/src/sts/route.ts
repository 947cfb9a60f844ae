import type { FastifyInstance } from 'fastify'
import type { Account } from '../account/account.ts'
import type { Controls } from '../control/controls.ts'
import { assumeRoleWithWebIdentity } from './assume-role-with-web-identity.ts'
import { StsError } from './sts-error.ts'
import { xmlDocument } from './xml.ts'

const onlyAction = 'AssumeRoleWithWebIdentity'
const onlyVersion = '2011-06-15'

/** AWS STS: the query protocol on `POST /`, with responses in XML. */
export function addStsRoute(
  app: FastifyInstance,
  { account, controls }: { readonly account: Account; readonly controls: Controls },
): void {
  app.post<{ Body: Buffer | undefined }>('/', async (request, reply) => {
    const parameters = new URLSearchParams(request.body?.toString('utf8'))
    const [action, version] = [parameters.get('Action') ?? '', parameters.get('Version')]
    controls.requests.note(request, { operation: action })
    reply.header('x-amzn-requestid', request.id).type('text/xml')
    if (action !== onlyAction || version !== onlyVersion)
      throw new StsError(
        'InvalidAction',
        `Could not find operation ${action} for version ${version ?? 'NO_VERSION_SPECIFIED'}`,
      )
    const result = await assumeRoleWithWebIdentity(account, parameters)
    const content = { [`${action}Result`]: result, ResponseMetadata: { RequestId: request.id } }
    return xmlDocument(`${action}Response`, content)
  })
  app.setErrorHandler((error, request, reply) => {
    const known =
      error instanceof StsError
        ? error
        : new StsError('InternalFailure', 'The emulator itself failed; see its log.', 500)
    if (known !== error) request.log.error({ err: error }, 'The emulator failed.')
    controls.requests.note(request, { error: known.code })
    const content = {
      Error: { Type: 'Sender', Code: known.code, Message: known.message },
      RequestId: request.id,
    }
    return reply.code(known.status).type('text/xml').send(xmlDocument('ErrorResponse', content))
  })
}
