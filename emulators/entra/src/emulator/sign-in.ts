import { createHash, randomBytes } from 'node:crypto'
import { strictObject } from '@entra-agents/emulator-kit'
import { commonProblem } from '@entra-agents/service-kit'
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify'
import { type Static, Type } from 'typebox'
import type { Entra } from '../entra.ts'
import { EntraError } from '../errors/entra-error.ts'
import { type ReturnAddress, readReturnAddress } from '../sign-in/return-address.ts'
import { findClientByName, findUserByName } from './names.ts'

const Text = Type.String({ minLength: 1, maxLength: 2_000 })
export const WantedSignIn = strictObject({
  app: Text,
  user: Text,
  scope: Text,
  redirectUri: Type.Optional(Text),
  consent: Type.Optional(Type.Boolean({ description: 'false: cancels if the page asks for consent.' })),
  claims: Type.Optional(Type.String({ maxLength: 10_000, description: 'The claims of a challenge.' })),
})
type WantedSignIn = Static<typeof WantedSignIn>
type Fields = Readonly<Record<string, string>>

/** Signs a user in on the real page with new cookies, and redeems the code as the application does. @throws {EntraError} of the page */
export async function signInByPage(
  app: FastifyInstance,
  entra: Entra,
  wanted: WantedSignIn,
  correlationId: string,
): Promise<LightMyRequestResponse> {
  await entra.clientDocuments.admit(entra.directory, wanted.app)
  const client_id = findClientByName(entra, wanted.app).appId
  const code_verifier = randomBytes(32).toString('base64url')
  const query = {
    client_id,
    response_type: 'code',
    scope: wanted.scope,
    code_challenge: createHash('sha256').update(code_verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...(wanted.redirectUri !== undefined && { redirect_uri: wanted.redirectUri }),
    ...(wanted.claims !== undefined && { claims: wanted.claims }),
  }
  const url = (endpoint: string) =>
    `/${entra.config.tenantId}/oauth2/v2.0/${endpoint}?client-request-id=${correlationId}`
  const page = `${url('authorize')}&${new URLSearchParams(query)}`
  const first = await send(app, { method: 'GET', url: page })
  // Throws the refusals that a page only shows to the eye.
  const { returnAddress } = readReturnAddress(entra, entra.config.tenantId, query)
  const code = await pressButtons(app, entra, wanted, page, first)
  const { origin, ...secret } = proofOf(entra, client_id, returnAddress)
  const redirect_uri = returnAddress.redirectUri
  const form = { grant_type: 'authorization_code', client_id, code, redirect_uri, code_verifier, ...secret }
  return submit(app, url('token'), form, origin === undefined ? {} : { origin })
}

/** Presses what a user presses, on three pages at most (account, second factor, consent), until the browser is sent back with a code. */
async function pressButtons(
  app: FastifyInstance,
  entra: Entra,
  wanted: WantedSignIn,
  url: string,
  first: LightMyRequestResponse,
): Promise<string> {
  const { id: account, userPrincipalName } = findUserByName(entra, wanted.user)
  let [page, cookie] = [first, '']
  for (let pages = 0; pages < 3 && page.headers.location === undefined; pages++) {
    if (!page.body.includes(`name="account" value="${account}"`))
      throw noSignIn(`the page answered ${page.statusCode}, and ${userPrincipalName} is not on it`)
    page = await submit(app, url, { account, ...buttonOn(page.body, wanted.consent ?? true) }, { cookie })
    cookie = page.cookies.map(({ name, value }) => `${name}=${value}`)[0] ?? cookie
  }
  const parameters = URL.parse(page.headers.location ?? '')?.searchParams ?? new URLSearchParams()
  const { code, error, error_description = '', claims } = Object.fromEntries(parameters)
  if (code !== undefined) return code
  const [, aadsts, text] = /^AADSTS(\d+): (.*)/.exec(error_description) ?? []
  if (aadsts === undefined || text === undefined) throw noSignIn(`the page answered ${page.statusCode}`)
  throw new EntraError(Number(aadsts), {}, { error, text, ...(claims !== undefined && { claims }) })
}

function buttonOn(page: string, consents: boolean): Fields {
  if (page.includes('name="factor"')) return { factor: 'approve' }
  if (!page.includes('name="consent"')) return {}
  return consents ? { consent: 'accept' } : { cancel: '1' }
}

/** How the application proves that it may redeem: a page by its origin, a web application by its secret. */
function proofOf(entra: Entra, appId: string, { platform, redirectUri }: ReturnAddress): Fields {
  if (platform === 'spa') return { origin: new URL(redirectUri).origin }
  const secret = entra.directory.application(appId)?.passwordCredentials.at(-1)?.secretText
  return platform === 'web' && secret !== undefined ? { client_secret: secret } : {}
}

function submit(app: FastifyInstance, url: string, form: Fields, headers: Fields) {
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  const payload = new URLSearchParams(form).toString()
  return send(app, { method: 'POST', url, payload, headers: { ...type, ...headers } })
}

function send(app: FastifyInstance, request: InjectOptions): Promise<LightMyRequestResponse> {
  return app.inject(request).catch(() => {
    throw noSignIn('the connection broke')
  })
}

const noSignIn = (why: string) => commonProblem('INVALID_REQUEST', `Nobody is signed in: ${why}.`)
