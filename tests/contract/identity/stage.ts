import type { IncomingMessage, RequestListener } from 'node:http'
import {
  createIdentityClient,
  type IdentityClient,
  type IdentityClientOptions,
  sidecar,
} from '@entra-agents/identity'
import { LocalServer } from '@entra-agents/service-kit/testing/local-server'
import { afterAll } from 'vitest'
import { startAuthSidecar, startEntra } from '../../../emulators/kit/src/index.ts'
import { identities } from '../../support/identities.ts'

/** Entra, a sidecar and an API for the tests of a file, and clients for them. */
export async function startStage(answer: RequestListener) {
  const seed = { extends: 'demo', blueprints: { weather: { secret: 'a secret of the blueprint' } } }
  const entra = await startEntra({ seed, tls: true })
  const apis = { weather: { api: 'weather-api' }, weatherApp: { api: 'weather-api', appOnly: true } }
  const container = await startAuthSidecar({ entra, blueprint: 'weather', apis })
  const api = await new LocalServer(answer, 'localhost').start()
  afterAll(() => Promise.all([entra, container, api].map(one => one.close())))
  /** A client that gets its tokens from the sidecar, unless they come from elsewhere. Tests close it. */
  const clientOf = (changes: Partial<IdentityClientOptions> = {}): IdentityClient =>
    createIdentityClient({
      tenantId: entra.tenantId,
      blueprintAppId: entra.id('weather'),
      authority: entra.url,
      agents: {
        weather: { clientId: identities.agentId, agentUserId: identities.agentUserId },
        alerts: { clientId: identities.alertsAgentId },
        trainee: { clientId: identities.traineeAgentId },
      },
      apis: { 'weather-api': { url: api.url, appId: entra.id('weather-api'), title: 'Weather API' } },
      tokens: sidecar({ url: container.url }),
      ...changes,
    })
  return { entra, container, url: api.url, clientOf }
}

/** The claims of the token with which an API is called. */
export function claimsOf({ headers }: IncomingMessage) {
  return JSON.parse(Buffer.from(headers.authorization?.split('.')[1] ?? '', 'base64url').toString())
}
