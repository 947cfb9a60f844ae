import { expect, it } from 'vitest'
import { ada, Browser, readRedirect, redeem, refresh, signIn } from '../testing/browser.ts'
import { describeResponses, describeVisits } from '../testing/describe-responses.ts'
import { requestObo, requestTr } from '../testing/requests.ts'
import { blueprintAppId, startEntraForFile, weatherAppId } from '../testing/start-entra.ts'

const blueprintUrl = 'https://agent.example/mcp'
const weatherUrl = 'https://weather.example/mcp'

const entra = await startEntraForFile()

function addUris() {
  entra.entra.directory.application(blueprintAppId)?.identifierUris.push(blueprintUrl)
  entra.entra.directory.application(weatherAppId)?.identifierUris.push(weatherUrl)
}

/** Values for a request of the page with the blueprint's scope. */
const values = [
  ...['', `api://${blueprintAppId}`, blueprintUrl],
  ...[`${blueprintUrl}/`, 'https://agent.example/MCP', 'https://agent.example'],
  ...['https://elsewhere.example/mcp', weatherUrl, `api://${weatherAppId}`, blueprintAppId],
]

it('a resource (RFC 8707) has to be an Application ID URI of the API in the scope, or empty', async () => {
  const answer = (parameters: Record<string, string>) => () => {
    addUris()
    return new Browser(entra).answer({}, parameters)
  }
  const visits = await describeVisits(entra, {
    ...Object.fromEntries(values.map(resource => [`“${resource}”`, answer({ resource })])),
    'only scopes of OpenID Connect': answer({ scope: 'openid profile', resource: blueprintUrl }),
  })
  const tc = async () => {
    addUris()
    return (await signIn(entra, ada)).body
  }
  const requests = await describeResponses(entra, {
    'a code with a wrong resource': async () => {
      addUris()
      const { code = '' } = readRedirect(await new Browser(entra).answer())
      return redeem(entra, code, { resource: `${blueprintUrl}/` })
    },
    'a refresh token with a wrong resource': async () =>
      refresh(entra, (await tc()).refresh_token, { resource: `${blueprintUrl}/` }),
    'a refresh token with a right resource': async () =>
      refresh(entra, (await tc()).refresh_token, { resource: blueprintUrl }),
    'an agent as itself with a wrong resource': () => requestTr(entra, { resource: blueprintUrl }),
    'an agent as itself with a right resource': () => {
      addUris()
      return requestTr(entra, { resource: weatherUrl })
    },
    'on behalf of a user with a wrong resource': async () =>
      requestObo(entra, (await tc()).access_token, { resource: `${weatherUrl}/` }),
    'on behalf of a user with a right resource': async () =>
      requestObo(entra, (await tc()).access_token, { resource: weatherUrl }),
  })
  await expect(`${visits}${requests}`).toMatchFileSnapshot('resource-parameter.txt')
})
