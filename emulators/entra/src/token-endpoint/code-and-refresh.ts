import type { Entra } from '../entra.ts'
import { refusal } from '../errors/entra-error.ts'
import type { SignedIn } from '../sign-in/grants.ts'
import type { ClientProof } from '../tokens/access-token.ts'
import type { TokenAnswer } from './answer.ts'
import { authenticate, type Client } from './client.ts'
import { allowsOrigin } from './cors.ts'
import type { Form } from './form.ts'
import { readScopes } from './scopes.ts'
import { answerForPerson } from './user-tokens.ts'

/** A single-page application redeems its code (RFC 7636; https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow). */
export async function grantAuthorizationCode(
  entra: Entra,
  form: Form,
  client: Client,
  origin: string | undefined,
): Promise<TokenAnswer> {
  const code = form.required('code')
  const redirectUri = form.required('redirect_uri')
  const proof = await proveWebClient(entra, form, client, origin)
  const verifier = form.optional('code_verifier')
  const grant = entra.grants.redeemCode(code, { clientId: client.principal.appId, redirectUri, verifier })
  return answer(entra, form, client, proof, grant, grant.nonce)
}

/** A new access token for somebody who signed in earlier. */
export async function grantRefreshToken(
  entra: Entra,
  form: Form,
  client: Client,
  origin: string | undefined,
): Promise<TokenAnswer> {
  const token = form.required('refresh_token')
  const proof = await proveWebClient(entra, form, client, origin)
  const grant = entra.grants.useRefreshToken(token, client.principal.appId)
  return answer(entra, form, client, proof, grant, undefined)
}

function answer(
  entra: Entra,
  form: Form,
  client: Client,
  proof: ClientProof,
  grant: SignedIn,
  nonce: string | undefined,
): Promise<TokenAnswer> {
  const user = entra.directory.user(grant.userId)
  if (!user) throw refusal(50034, { user: grant.userId, tenant: entra.config.tenantId })
  const scope = form.optional('scope') ?? grant.scope
  return answerForPerson(entra, {
    client,
    proof,
    user,
    sessionId: grant.sessionId,
    requested: readScopes(entra, scope),
    scope,
    isForSpa: proof === '0',
    nonce,
    wantsClientInfo: form.optional('client_info') === '1',
  })
}

/** A single-page application has no credential: what counts is the page's origin. Others authenticate. */
async function proveWebClient(
  entra: Entra,
  form: Form,
  client: Client,
  origin: string | undefined,
): Promise<ClientProof> {
  const redirectUris = client.application?.spa.redirectUris ?? []
  if (redirectUris.length === 0) {
    if (origin !== undefined) throw refusal(9002326, { origin })
    return authenticate(entra, form, client)
  }
  if (form.optional('client_secret') ?? form.optional('client_assertion')) throw refusal(700025)
  if (origin === undefined) throw refusal(9002327)
  if (!allowsOrigin(redirectUris, origin)) throw refusal(9002326, { origin })
  return '0'
}
