import type { Application, ServicePrincipal } from '../directory/types.ts'
import type { Entra } from '../entra.ts'
import { refusal } from '../errors/entra-error.ts'
import type { ClientProof } from '../tokens/access-token.ts'
import { checkAssertion } from './client-assertion.ts'
import { checkExchangeToken } from './exchange-assertion.ts'
import type { Form } from './form.ts'

export const jwtBearerAssertion = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** Who asks: a registered application, or an agent identity, which has a principal only. */
export interface Client {
  readonly principal: ServicePrincipal
  readonly application: Application | undefined
}

/** Finds the client in this tenant; one that is registered but has no principal here is as good as unknown. */
export function findClient(entra: Entra, clientId: string): Client {
  const principal = entra.directory.principal(clientId)
  if (!principal) throw refusal(700016, { client: clientId, tenant: entra.config.tenantId })
  if (!principal.accountEnabled) throw refusal(7000112, { client: clientId })
  return { principal, application: entra.directory.application(clientId) }
}

/** Agent identities, and their blueprints, are held to a few flows. */
export function isAgentic({ principal }: Client): boolean {
  return principal.kind !== 'servicePrincipal'
}

/** Checks the credential of a confidential client and tells which kind it was. */
export async function authenticate(entra: Entra, form: Form, client: Client): Promise<ClientProof> {
  const assertion = form.optional('client_assertion')
  const secret = form.optional('client_secret')
  if (client.principal.kind === 'agentIdentity') {
    if (assertion === undefined)
      throw refusal(82001, {
        client: client.principal.appId,
        flow: 'an agent identity has no credential of its own and proves itself with its blueprint’s token',
      })
    requireJwtBearer(form)
    await checkExchangeToken(entra, assertion, client.principal)
    return '2'
  }
  if (assertion !== undefined && client.application) {
    requireJwtBearer(form)
    await checkAssertion(entra, assertion, client.application)
    return '2'
  }
  if (secret === undefined || !client.application) throw refusal(7000218)
  checkSecret(entra, secret, client.application)
  return '1'
}

function requireJwtBearer(form: Form): void {
  const type = form.required('client_assertion_type')
  if (type !== jwtBearerAssertion)
    throw refusal(50027, { why: `client_assertion_type '${type}' is not supported` })
}

function checkSecret(entra: Entra, secret: string, { appId, passwordCredentials }: Application): void {
  const matching = passwordCredentials.filter(({ secretText }) => secretText === secret)
  if (matching.length === 0) throw refusal(7000215, { client: appId })
  const now = entra.clock.nowMs()
  if (matching.every(({ endDateTime }) => Date.parse(endDateTime) <= now))
    throw refusal(7000222, { client: appId })
}
