import { createHash } from 'node:crypto'
import { decodeJwt } from 'jose'
import { expect, it } from 'vitest'
import type { Application } from '../directory/objects.ts'
import { ada, Browser, makeVerifier, readRedirect } from '../testing/browser.ts'
import { describeResponses, describeTokens, describeVisits } from '../testing/describe-responses.ts'
import { requestToken, startEntraForFile, type TokenResponse, tenantId } from '../testing/start-entra.ts'

const appId = '77777777-0000-4000-8000-000000000007'
const webUri = 'https://shop.example/signin-oidc'
const roleId = '77777777-0000-4000-8000-00000000000a'
const scope = `api://${appId}/Shop.Use openid profile offline_access`
const { verifier, challenge } = makeVerifier()

type Fields = Readonly<Record<string, string | undefined>>

/** A web application and a native one, and the API of its own tokens. */
const shop = {
  id: appId,
  displayName: 'Shop',
  redirectUris: { web: [webUri], publicClient: ['http://localhost/back', 'shop://auth'] },
  secret: 's3cret: 100 %',
  roles: [{ value: 'Manager', id: roleId }],
  scopes: ['Shop.Use'],
  may: { shop: ['Shop.Use'] },
}
const entra = await startEntraForFile({}, { extends: 'demo', apps: { shop } })

function changeShop(change: Partial<Application>): void {
  Object.assign(entra.entra.directory.application(appId) ?? {}, change)
}

function open(redirectUri: string, change: Fields = {}): Promise<Response> {
  const parameters = { client_id: appId, scope, redirect_uri: redirectUri, response_mode: 'query' }
  return new Browser(entra).answer({}, { ...parameters, code_challenge: challenge, ...change })
}

async function signInAt(redirectUri: string, fields: Fields = {}, headers = {}): Promise<TokenResponse> {
  const { code = '' } = readRedirect(await open(redirectUri))
  return redeem(code, redirectUri, fields, headers)
}

function redeem(code: string, redirectUri: string, fields: Fields = {}, headers = {}) {
  const all = { client_id: appId, code, redirect_uri: redirectUri, code_verifier: verifier, ...fields }
  return request({ grant_type: 'authorization_code', ...all }, headers)
}

function request(fields: Fields, headers: Record<string, string> = {}): Promise<TokenResponse> {
  const set = Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined)
  return requestToken(entra, Object.fromEntries(set), headers)
}

const secret = { client_secret: 's3cret: 100 %' }
const basic = (id: string, word: string) => {
  const parts = [id, word].map(part => new URLSearchParams({ part }).toString().slice('part='.length))
  return { authorization: `Basic ${Buffer.from(parts.join(':')).toString('base64')}` }
}
const bySecret = { client_id: undefined }

it('each kind of application redeems codes in its own way, and is refused in Entra’s words otherwise', async () => {
  const refresh = async (fields: Fields) => {
    const { refresh_token } = (await signInAt(webUri, secret)).body
    return request({ client_id: appId, ...secret, grant_type: 'refresh_token', refresh_token, ...fields })
  }
  const responses = describeResponses(entra, {
    'a web application, with its secret': () => signInAt(webUri, secret),
    'a web application, with its secret in the header': () =>
      signInAt(webUri, bySecret, basic(appId, secret.client_secret)),
    'a web application, with a wrong secret in the header': () =>
      signInAt(webUri, bySecret, basic(appId, 'wrong')),
    'a web application, with its id in header and body': () =>
      signInAt(webUri, {}, basic(appId, secret.client_secret)),
    'a web application, with another id in the header': () =>
      signInAt(webUri, {}, basic(ada, secret.client_secret)),
    'a web application without a secret': () => signInAt(webUri),
    'a web application from a page': () => signInAt(webUri, secret, { origin: 'https://shop.example' }),
    'a web application without PKCE': async () => {
      const { code = '' } = readRedirect(await open(webUri, { code_challenge: undefined }))
      return redeem(code, webUri, { ...secret, code_verifier: undefined })
    },
    'a native application': () => signInAt('http://localhost/back'),
    'a native application at a free port': () => signInAt('http://localhost:49152/back'),
    'a native application with a scheme of its own': () => signInAt('shop://auth'),
    'a native application with a secret': () => signInAt('shop://auth', secret),
    'a native application from a page': () => signInAt('shop://auth', {}, { origin: 'https://a.example' }),
    'a refresh with a scope': () => refresh({ scope }),
    'a refresh without a scope of an application that is its own API': () => refresh({}),
    'a refresh after 89 days': async () => {
      const { refresh_token } = (await signInAt(webUri, secret)).body
      entra.entra.settings.change({ clockOffsetSeconds: 89 * 86_400 })
      return request({ client_id: appId, ...secret, grant_type: 'refresh_token', refresh_token, scope })
    },
    'a refresh after 91 days': async () => {
      const { refresh_token } = (await signInAt(webUri, secret)).body
      entra.entra.settings.change({ clockOffsetSeconds: 91 * 86_400 })
      return request({ client_id: appId, ...secret, grant_type: 'refresh_token', refresh_token, scope })
    },
  })
  await expect(await responses).toMatchFileSnapshot('platforms.txt')
})

it('browsers return to registered addresses only; of native applications any port of this machine', async () => {
  const uris = [webUri, 'http://localhost:5/back', 'http://localhost/other', 'http://127.0.0.1/back']
  const others = ['https://localhost:5/back', 'http://localhost.evil.example:5/back', 'shop://other']
  const visits = [...uris, ...others].map(uri => [uri, () => open(uri)] as const)
  const answers = await describeVisits(entra, Object.fromEntries(visits))
  await expect(answers).toMatchFileSnapshot('return-addresses.txt')
})

it('the endpoints of all organizations are for applications of several organizations only', async () => {
  const visit = (signInAudience: 'AzureADMyOrg' | 'AzureADMultipleOrgs') => () => {
    changeShop({ signInAudience })
    const browser = new Browser(entra)
    const address = browser.authorizeUrl({ client_id: appId, redirect_uri: webUri, response_mode: 'query' })
    return browser.submit(address.replace(tenantId, 'common'), { account: ada })
  }
  const answers = await describeVisits(entra, {
    'an application of this organization': visit('AzureADMyOrg'),
    'an application of several': visit('AzureADMultipleOrgs'),
  })
  await expect(answers).toMatchFileSnapshot('shared-endpoint.txt')
})

it('form_post lets the browser post the response to the application, by the only script of that page', async () => {
  const response = await open(webUri, { response_mode: 'form_post', state: '"><script>alert(1)</script>' })
  const html = await response.text()
  expect(html).toContain(`<form method="post" action="${webUri}">`)
  expect(html).toContain('name="state" value="&#34;&#62;&#60;script&#62;alert(1)&#60;/script&#62;"')
  expect(html.match(/<script>[^<]*<\/script>/g)).toEqual(['<script>document.forms[0].submit()</script>'])
  expect(response.headers.get('content-security-policy')).toMatch(
    /script-src 'sha256-[^']+'; form-action 'self' https:\/\/shop\.example; /,
  )
  const [, code = ''] = /name="code" value="([^"]+)"/.exec(html) ?? []
  expect((await redeem(code, webUri, secret)).body).toHaveProperty('id_token')
})

it('the sign-in page returns an ID token, alone or with the code that it belongs to, if the registration allows this', async () => {
  const web = { redirectUris: [webUri], implicitGrantSettings: { enableIdTokenIssuance: true } }
  changeShop({ web })
  const ask = async (response_type: string, change: Fields = {}) =>
    open(webUri, { response_type, response_mode: undefined, ...change })
  const alone = readRedirect(await ask('id_token'))
  expect(alone).not.toHaveProperty('code')
  expect(decodeJwt(alone['id_token'] ?? '')).toMatchObject({ aud: appId, oid: ada, nonce: 'the-nonce' })
  const { code = '', id_token = '' } = readRedirect(await ask('code id_token'))
  const hash = createHash('sha256').update(code).digest().subarray(0, 16)
  expect(decodeJwt(id_token)['c_hash']).toBe(hash.toString('base64url'))
  expect((await redeem(code, webUri, secret)).status).toBe(200)
  const visits = {
    'an ID token without a nonce': () => ask('id_token', { nonce: undefined }),
    'an ID token in the query': () => ask('id_token', { response_mode: 'query' }),
    'an access token': () => ask('code token'),
  }
  const lines = await describeVisits(entra, {
    ...Object.fromEntries(
      Object.entries(visits).map(([what, visit]) => [
        what,
        () => {
          changeShop({ web })
          return visit()
        },
      ]),
    ),
    'an ID token, without leave of the registration': () => ask('id_token'),
  })
  await expect(lines).toMatchFileSnapshot('response-types.txt')
})

it('tokens name the user’s roles and groups, what the client can do, and optional claims if the application asks for them', async () => {
  const optional = (name: string) => ({ name, essential: false, additionalProperties: [] })
  changeShop({
    groupMembershipClaims: 'SecurityGroup',
    optionalClaims: {
      accessToken: [optional('xms_cc')],
      idToken: ['upn', 'acct', 'email', 'moon'].map(optional),
    },
  })
  const { content } = entra.entra.directory
  content.appRoleAssignments.push({
    id: roleId,
    principalId: ada,
    resourceId: entra.entra.directory.principal(appId)?.id ?? '',
    appRoleId: roleId,
    createdDateTime: '',
  })
  content.groups.push({ id: 'buyers', kind: 'group', displayName: 'Buyers', members: [ada] })
  content.groups.push({ id: 'readers', kind: 'directoryRole', displayName: 'Readers', members: [ada] })
  const claims = JSON.stringify({ access_token: { xms_cc: { values: ['cp1'] } } })
  const { body } = await signInAt(webUri, { ...secret, claims })
  const tokens = describeTokens(entra, { 'ID token': body.id_token, 'access token': body.access_token })
  await expect(tokens).toMatchFileSnapshot('claims-by-choice.txt')
  const { body: plain } = await signInAt(webUri, secret)
  expect(decodeJwt(plain.access_token)).not.toHaveProperty('xms_cc')
})
