import { expect, test } from 'vitest'
import { beginTrial, ids, onBehalfOfPath } from './replay/trial.ts'

const challengeOf = (words: string) => `Bearer error="invalid_token", error_description="${words}"`
const future = { nbf: 4_000_000_000, exp: 4_000_000_600 }

test.each([
  ['never expires', { exp: undefined }, 'The token has no expiration'],
  ['is not valid yet', future, "The token is not valid before '10/02/2096 07:06:40'"],
  ['names no tenant', { tid: undefined }, "The issuer '(null)' is invalid"],
  ['has no audience', { aud: [] }, "The audience '(null)' is invalid"],
  ['does not say its version', { ver: undefined }, "The audience '(null)' is invalid"],
])('A caller’s token is refused in the official sidecar’s words when it %s', async (_what, claims, words) => {
  const trial = await beginTrial()
  const { headers } = await trial.get(onBehalfOfPath, trial.signIn(claims))
  expect(headers['www-authenticate']).toBe(challengeOf(words))
})

test('A token that expired less than five minutes ago still passes', async () => {
  const trial = await beginTrial()
  const headers = trial.signIn()
  trial.clock.advanceSeconds(3600 + 290)
  expect((await trial.get(onBehalfOfPath, headers)).status).toBe(200)
  trial.clock.advanceSeconds(20)
  expect((await trial.get(onBehalfOfPath, headers)).status).toBe(401)
})

test('Configured audiences replace the default audience', async () => {
  const trial = await beginTrial({ environment: { AzureAd__Audiences__0: 'api://weather-agent' } })
  expect((await trial.get(onBehalfOfPath, trial.signIn({ aud: 'api://weather-agent' }))).status).toBe(200)
  expect((await trial.get(onBehalfOfPath, trial.signIn({ aud: ids.blueprint }))).status).toBe(401)
})

test('A token signed with a new key of Entra is refused once, and accepted at the next call', async () => {
  const trial = await beginTrial()
  await trial.get(onBehalfOfPath, trial.signIn())
  trial.stage.entra.publishNewKey()
  const headers = trial.signInWithNewKey()
  const refused = await trial.get(onBehalfOfPath, headers)
  expect(refused.headers['www-authenticate']).toBe(challengeOf('The signature key was not found'))
  expect((await trial.get(onBehalfOfPath, headers)).status).toBe(200)
})

test('A token that is sent where no token is needed is verified, and only then ignored', async () => {
  const trial = await beginTrial()
  expect((await trial.get('/healthz', trial.signIn())).status).toBe(200)
  expect(trial.stage.entra.takeRequests().map(({ path }) => path)).toHaveLength(4)
})

test('/Validate takes AzureAd__Scopes as one scope, even if the text contains a blank', async () => {
  const trial = await beginTrial({ environment: { AzureAd__Scopes: 'access_as_user other' } })
  expect((await trial.get('/Validate', trial.signIn({ scp: 'access_as_user other' }))).status).toBe(403)
})
