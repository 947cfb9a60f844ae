import * as client from 'openid-client'
import { callsOf, scopeOf, signIn, tenant } from './witness.mjs'

const issuer = new URL(`${tenant.authority}/${tenant.tenant}/v2.0`)
const discover = (name, authentication) => client.discovery(issuer, tenant[name], undefined, authentication)
const asDaemon = authentication =>
  discover('daemon', authentication).then(found =>
    client.clientCredentialsGrant(found, { scope: scopeOf('target') }),
  )

async function signInAtShop() {
  const found = await discover('web', client.ClientSecretPost(tenant.secret))
  const [expectedNonce, pkceCodeVerifier] = [client.randomNonce(), client.randomPKCECodeVerifier()]
  const address = client.buildAuthorizationUrl(found, {
    redirect_uri: tenant.redirectUri,
    scope: 'openid profile email',
    nonce: expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  })
  const back = await signIn(address.href)
  return {
    found,
    tokens: await client.authorizationCodeGrant(found, back, { expectedNonce, pkceCodeVerifier }),
  }
}

const call = callsOf('openid-client')
await call(
  'discovery: issuer is the URL',
  'true',
  async () => (await discover('daemon', client.None())).serverMetadata().issuer === issuer.href,
)
await call('client credentials by client_secret_post', 'token', () =>
  asDaemon(client.ClientSecretPost(tenant.secret)),
)
await call('client credentials by client_secret_basic', 'token', () =>
  asDaemon(client.ClientSecretBasic(tenant.secret)),
)
await call(
  'sign-in of a web app, id_token checked, nonce',
  'oid={user}',
  async () => (await signInAtShop()).tokens.id_token,
)
await call('userinfo', 'ok', async () => {
  const { found, tokens } = await signInAtShop()
  const { sub } = tokens.claims()
  return (await client.fetchUserInfo(found, tokens.access_token, sub)).sub === sub ? 'ok' : 'another sub'
})
await call('device authorization', 'token', async () => {
  const found = await discover('native', client.None())
  const device = await client.initiateDeviceAuthorization(found, { scope: scopeOf('api', 'Use') })
  await signIn(`${device.verification_uri}?otc=${device.user_code}`)
  return client.pollDeviceAuthorizationGrant(found, { ...device, interval: 1 })
})
await call('refusal keeps error_codes', '7000215', async () => {
  const error = await asDaemon(client.ClientSecretPost('wrong')).catch(thrown => thrown)
  return error.cause?.error_codes?.join()
})
await call(
  'end_session_endpoint',
  '/\\/logout/',
  async () => client.buildEndSessionUrl(await discover('web', client.None())).href,
)
