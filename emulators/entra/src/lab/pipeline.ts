import * as wellKnown from '@entra-agents/trace/well-known'
import type { FastifyInstance } from 'fastify'
import { decodeJwt, generateKeyPair, SignJWT } from 'jose'
import { findClientByName, findResourceByName } from '../emulator/names.ts'
import type { Entra } from '../entra.ts'
import { type Content, html, type Markup } from '../sign-in/html.ts'
import { list } from './screen.ts'

/** Somebody else's pipeline, which has tokens of an issuer of its own. It exists in the lab only. */
export const pipeline = { issuer: 'https://pipelines.example', subject: 'repo:somebody/else:main' }

const exchangeScope = `${wellKnown.tokenExchangeUri}/.default`

/** Asks Entra for a token of each agent of the blueprint, and of its user account, as the pipeline would: by its own token in place of the blueprint's secret. */
export async function tryPipeline(app: FastifyInstance, entra: Entra): Promise<Content> {
  const { publicKey, privateKey } = await generateKeyPair('RS256')
  entra.issuers.set(pipeline.issuer, async () => publicKey)
  const jwt = await new SignJWT({ iss: pipeline.issuer, sub: pipeline.subject })
    .setProtectedHeader({ alg: 'RS256', kid: 'pipeline' })
    .setAudience(wellKnown.tokenExchangeUri)
    .setExpirationTime(new Date(entra.clock.nowMs() + 300_000))
    .sign(privateKey)
  const { appId: blueprint } = findClientByName(entra, 'weather')
  const api = `${findResourceByName(entra, 'weather-api').identifier}/.default`
  const ask = (client_id: string, client_assertion: string, scope: string, more: Fields = {}) =>
    requestToken(app, entra, { client_id, client_assertion, scope, ...more })
  const { servicePrincipals, users } = entra.directory.content
  const items: Markup[] = []
  for (const agent of servicePrincipals.filter(one => one.agentIdentityBlueprintId === blueprint)) {
    const { id, displayName } = agent
    const t1 = await ask(blueprint, jwt, exchangeScope, { fmi_path: id })
    items.push(html`T1 for <strong>${displayName}</strong>: ${verdict(t1)}`)
    if (!t1.access_token) continue
    const tr = await ask(id, t1.access_token, api)
    items.push(html`TR of <strong>${displayName}</strong> as itself: ${verdict(tr)}`)
    const account = users.find(({ identityParentId }) => identityParentId === id)
    if (!account) continue
    const { access_token: t2 = '' } = await ask(id, t1.access_token, exchangeScope)
    const asUser = { grant_type: 'user_fic', user_federated_identity_credential: t2, user_id: account.id }
    const tu = await ask(id, t1.access_token, api, asUser)
    items.push(html`TR of <strong>${account.displayName}</strong>, its user account: ${verdict(tu)}`)
  }
  return list('What Entra answers the pipeline', items)
}

type Fields = Readonly<Record<string, string>>
type Answer = { readonly access_token?: string; readonly error_description?: string }

async function requestToken(app: FastifyInstance, { config }: Entra, fields: Fields): Promise<Answer> {
  const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
  const form = { grant_type: 'client_credentials', client_assertion_type: type, ...fields }
  const response = await app.inject({
    method: 'POST',
    url: `/${config.tenantId}/oauth2/v2.0/token`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams(form).toString(),
  })
  return response.json<Answer>()
}

function verdict({ access_token: token, error_description: refusal = '' }: Answer): Markup {
  if (token === undefined) return html`<span class="refused">${refusal.split('Trace ID')[0]}</span>`
  const { aud, roles, scp } = decodeJwt(token)
  const right = [roles, scp].flat().filter(Boolean).join(', ')
  const what = aud === wellKnown.tokenExchangeAudience ? 'a token' : `a token with ${right || 'no right'}`
  return html`<span class="accepted">${what}</span>`
}
