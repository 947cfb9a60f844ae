import { decodeJwt } from 'jose'
import { expect, it } from 'vitest'
import { newApplication, newServicePrincipal } from '../directory/objects.ts'
import { ada } from '../testing/browser.ts'
import { describeResponses } from '../testing/describe-responses.ts'
import { requestObo, sendJson } from '../testing/requests.ts'
import {
  blueprintAppId,
  startEntra,
  startEntraForFile,
  type TokenResponse,
  weatherAppId,
} from '../testing/start-entra.ts'
import type { InjectedFault } from './faults.ts'

const entra = await startEntraForFile()

const shopId = '77777777-0000-4000-8000-000000000007'
const page = {
  app: 'Weather Agent page',
  user: 'Ada Osei',
  scope: `api://${blueprintAppId}/access_as_user openid profile offline_access`,
}
const alerts = { ...page, scope: `api://${weatherAppId}/Alerts.ReadWrite` }
const signIn = (change: object = {}): Promise<TokenResponse> =>
  sendJson(entra, 'POST', '/emulator/sign-in', { ...page, ...change })

/** Registers a web application, which is a native one, too. */
function registerShop(secretText?: string): void {
  const { content } = entra.entra.directory
  const secret = { keyId: shopId, displayName: null, startDateTime: '', endDateTime: '2999-01-01T00:00:00Z' }
  content.applications.push(
    newApplication({
      appId: shopId,
      displayName: 'Shop',
      web: { redirectUris: ['https://shop.example/back?from=entra'] },
      publicClient: { redirectUris: ['shop://auth'] },
      passwordCredentials: secretText === undefined ? [] : [{ ...secret, secretText }],
    }),
  )
  content.servicePrincipals.push(newServicePrincipal({ id: shopId, appId: shopId, displayName: 'Shop' }))
}
const shop = { app: 'shop', scope: 'openid' }

it('a sign-in over HTTP walks the page and redeems the code as the application does, or answers in Entra’s words', async () => {
  const after = (change: object, prepare: () => void) => () => {
    prepare()
    return signIn(change)
  }
  const fault = (leg: 'authorize' | 'code', kind: InjectedFault['fault']) => () =>
    entra.entra.faults.inject({ target: { leg }, fault: kind })
  const disableAda = () => {
    for (const user of entra.entra.directory.content.users) user.accountEnabled = user.id !== ada
  }
  const answers = describeResponses(entra, {
    'a user at a page, by names': () => signIn(),
    'capital letters in names': () => signIn({ app: 'WEATHER AGENT PAGE', user: 'ADA OSEI' }),
    'ids in the place of names': () => signIn({ user: ada }),
    'a user who has to consent': () => signIn(alerts),
    'a user who does not consent': () => signIn({ ...alerts, consent: false }),
    'a web application': after(shop, () => registerShop('s3cret')),
    'a web application without a secret': after(shop, registerShop),
    'a native application': after({ ...shop, redirectUri: 'shop://auth' }, registerShop),
    'another redirect URI': () => signIn({ redirectUri: 'https://evil.example/' }),
    'a redirect URI that is none': () => signIn({ redirectUri: 'javascript:alert(1)' }),
    'an application without a redirect URI': () => signIn({ app: 'Weather API' }),
    'an agent': () => signIn({ app: 'Weather agent' }),
    'a scope that the API lacks': () => signIn({ scope: `api://${weatherAppId}/Weather.Make` }),
    'an API that is unknown': () => signIn({ scope: 'api://nowhere/Read' }),
    'claims that are no JSON': () => signIn({ claims: '{' }),
    'a user who is disabled': after({}, disableAda),
    'an agent’s own user': () => signIn({ user: 'Weather Agent' }),
    'conditional access at the token': after({}, fault('code', { kind: 'conditional-access' })),
    'an outage of the page': after({}, fault('authorize', { kind: 'refuse', code: 90033 })),
    'a proxy’s page in the place of the sign-in page': after({}, fault('authorize', { kind: 'html' })),
    'a broken connection': after({}, fault('code', { kind: 'reset' })),
  })
  await expect(await answers).toMatchFileSnapshot('sign-ins.txt')
})

it('names that are unknown, twice there or no text are refused with a sentence', async () => {
  const { content } = entra.entra.directory
  const double = newServicePrincipal({ id: shopId, appId: shopId, displayName: 'Weather API' })
  content.servicePrincipals.push(double)
  const wrong: object[] = [
    { app: 'Weather Agnt page' },
    { app: 'Weather API' },
    { app: '__proto__' },
    { app: '' },
    { user: 'Adda' },
    { user: { id: ada } },
    { user: "' OR 1=1 --" },
    { scope: 'x'.repeat(2_001) },
    { redirectUri: 7 },
    { admin: true },
  ]
  const lines: string[] = []
  for (const change of wrong) {
    const { status, body } = await signIn(change)
    lines.push(`${JSON.stringify(change).slice(0, 40)}: ${status} ${body.detail}\n`)
  }
  await expect(lines.join('')).toMatchFileSnapshot('wrong-names.txt')
})

it('the tokens are those of a real sign-in: usable, in the request log by leg, and found by the caller’s correlation id', async () => {
  const correlation = '12345678-0000-4000-8000-000000000001'
  const headers = { 'client-request-id': correlation }
  const { body } = await sendJson(entra, 'POST', '/emulator/sign-in', page, headers)
  expect(Object.keys(body)).toContain('refresh_token')
  expect(decodeJwt(body.id_token)).toMatchObject({ name: 'Ada Osei' })
  expect((await requestObo(entra, body.access_token)).status).toBe(200)
  const { requests } = entra.entra
  expect(requests.all.slice(0, 3).map(({ leg, correlationId }) => [leg, correlationId])).toEqual([
    ['authorize', correlation],
    ['authorize', correlation],
    ['code', correlation],
  ])
})

it('the claims of a challenge are met by a sign-in with them', async () => {
  const challenged = { target: { leg: 'obo' }, fault: { kind: 'conditional-access' } } as const
  entra.entra.faults.inject(challenged)
  const { claims } = (await requestObo(entra, (await signIn()).body.access_token)).body
  expect((await requestObo(entra, (await signIn({ claims })).body.access_token)).status).toBe(200)
  const contexts = JSON.stringify({ access_token: { acrs: { essential: true, value: 'c1' } } })
  const { access_token } = (await signIn({ claims: contexts })).body
  expect(decodeJwt(access_token)).toMatchObject({ acrs: ['c1'] })
})

it('a sign-in that hangs ends when the emulator does', async () => {
  await using other = await startEntra()
  other.entra.faults.inject({ target: { leg: 'code' }, fault: { kind: 'hang' } })
  const hanging = sendJson(other, 'POST', '/emulator/sign-in', page)
  await expect.poll(() => other.entra.requests.all.length).toBe(3)
  await other.close()
  expect((await hanging).body.detail).toBe('Nobody is signed in: the connection broke.')
})
