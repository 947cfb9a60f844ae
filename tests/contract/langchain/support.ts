import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime'
import { createIdentityClient, sidecar } from '@entra-agents/identity'
import { ChatBedrockConverse } from '@langchain/aws'
import { startAuthSidecar, startBedrock, startEntra } from '../../../emulators/kit/src/index.ts'
import { identities } from '../../support/identities.ts'

/** An API that says whose token it got, and for POST wants the user to have met the authentication context c1. */
async function startApi() {
  const calls: { readonly method: string | undefined; readonly oid: string }[] = []
  const server = createServer((request, response) => {
    const { oid, acrs = [] } = claimsOf(request)
    calls.push({ method: request.method, oid })
    const claims = Buffer.from('{"access_token":{"acrs":{"essential":true,"value":"c1"}}}').toString('base64')
    if (request.method === 'POST' && !acrs.includes('c1'))
      response.writeHead(401, {
        'www-authenticate': `Bearer error="insufficient_claims", claims="${claims}"`,
      })
    response.end(oid)
  })
  await new Promise<void>(listening => server.listen(0, 'localhost', listening))
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    calls,
    close: () => server.close(),
  }
}

function claimsOf({ headers }: IncomingMessage): { readonly oid: string; readonly acrs?: readonly string[] } {
  return JSON.parse(Buffer.from(headers.authorization?.split('.')[1] ?? '', 'base64url').toString())
}

/** Emulators, an API that tells whose token it got, a client and a model. */
export async function startStage() {
  const seed = { extends: 'demo', blueprints: { weather: { secret: 'a secret of the blueprint' } } }
  const entra = await startEntra({ seed, tls: true })
  const apis = { weather: { api: 'weather-api' }, weatherApp: { api: 'weather-api', appOnly: true } }
  const container = await startAuthSidecar({ entra, blueprint: 'weather', apis })
  const bedrock = await startBedrock()
  const api = await startApi()
  const identity = createIdentityClient({
    tenantId: entra.tenantId,
    blueprintAppId: entra.id('weather'),
    authority: entra.url,
    agents: { weather: { clientId: identities.agentId }, alerts: { clientId: identities.alertsAgentId } },
    apis: { 'weather-api': { url: api.url, appId: entra.id('weather-api'), title: 'Weather API' } },
    tokens: sidecar({ url: container.url }),
  })
  const { AWS_REGION: region, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = bedrock.environment
  const credentials = { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY }
  const client = new BedrockRuntimeClient({ region, endpoint: bedrock.url, credentials })
  const model = new ChatBedrockConverse({ client, region, model: 'us.anthropic.claude-haiku-5-5' })

  /** Signs a user in as the page does, with a second factor if a claims challenge wants it. */
  async function signIn(user: string, claims?: string) {
    const scope = `api://${entra.id('weather')}/access_as_user`
    const wanted = { app: 'page', user, scope, ...(claims === undefined ? {} : { claims }) }
    const { access_token } = await entra.signIn(wanted)
    return identity.user(`Bearer ${access_token}`)
  }

  async function close() {
    await identity.close()
    await Promise.all([entra, container, bedrock].map(one => one.close()))
    api.close()
  }
  return { entra, bedrock, api, identity, model, signIn, close }
}
