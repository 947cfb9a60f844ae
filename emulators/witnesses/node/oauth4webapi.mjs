import { createRemoteJWKSet, jwtVerify } from 'jose'
import * as oauth from 'oauth4webapi'
import { callsOf, codeFor, rotateKeys, scopeOf, tenant } from './witness.mjs'

const issuer = new URL(`${tenant.authority}/${tenant.tenant}/v2.0`)
const discover = async () => oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer))
const client = { client_id: tenant.daemon }
const secret = oauth.ClientSecretPost(tenant.secret)

async function appToken() {
  const server = await discover()
  const scope = { scope: scopeOf('target') }
  const response = await oauth.clientCredentialsGrantRequest(server, client, secret, scope)
  return (await oauth.processClientCredentialsResponse(server, client, response)).access_token
}

async function idToken() {
  const server = await discover()
  const web = { client_id: tenant.web }
  const [nonce, verifier] = [oauth.generateRandomNonce(), oauth.generateRandomCodeVerifier()]
  const query = new URLSearchParams({
    client_id: tenant.web,
    response_type: 'code',
    redirect_uri: tenant.redirectUri,
    scope: 'openid',
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  })
  const code = await codeFor(`${server.authorization_endpoint}?${query}`)
  const parameters = oauth.validateAuthResponse(server, web, new URLSearchParams({ code }))
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    web,
    secret,
    parameters,
    tenant.redirectUri,
    verifier,
  )
  return (await oauth.processAuthorizationCodeResponse(server, web, response, { expectedNonce: nonce }))
    .id_token
}

const call = callsOf('oauth4webapi')
await call('discovery', 'ok', async () => ((await discover()).token_endpoint ? 'ok' : 'no token endpoint'))
await call('RFC 9068 check fails on typ, as with Entra (typ is JWT, not at+jwt)', '/typ/', async () => {
  const headers = { authorization: `Bearer ${await appToken()}` }
  const request = new Request('https://api.example/', { headers })
  await oauth.validateJwtAccessToken(await discover(), request, tenant.target)
  return 'accepted'
})
await call('signature of the id_token against the published keys', 'ok', async () => {
  const server = await discover()
  await jwtVerify(await idToken(), createRemoteJWKSet(new URL(server.jwks_uri)), {
    issuer: issuer.href,
    audience: tenant.web,
  })
  return 'ok'
})
await call('key rotation with overlap: old and new token verify', 'ok', async () => {
  const old = await appToken()
  await rotateKeys()
  const keys = createRemoteJWKSet(new URL((await discover()).jwks_uri))
  for (const token of [old, await appToken()]) await jwtVerify(token, keys, { audience: tenant.target })
  return 'ok'
})
await call('keys carry x5c (many validators read it)', 'x5c', async () => {
  const { keys } = await (await fetch((await discover()).jwks_uri)).json()
  return keys.every(({ x5c }) => x5c?.length > 0) ? 'x5c' : 'no x5c'
})
await call('form_post is offered (Microsoft.Identity.Web’s default)', 'true', async () =>
  (await discover()).response_modes_supported?.includes('form_post'),
)
await call('discovery document has Entra’s 22 fields', '22', async () => Object.keys(await discover()).length)
