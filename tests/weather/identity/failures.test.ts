import { LocalServer } from '@entra-agents/service-kit/testing/local-server'
import type { Flow } from '@entra-agents/trace'
import { describe, expect, it } from 'vitest'
import type { Entra } from '../../../emulators/entra/src/entra.ts'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { postJson } from '../../support/post-json.ts'
import {
  askWeather,
  describeReply,
  type Reply,
  resetStack,
  startSettledStack,
  tenantOf,
  tokenRequests,
} from './trial.ts'

const { agentId, ada, ben, blueprintAppId, weatherAppId, pageAppId } = identities
const stack = await forFile(startSettledStack())

interface Case {
  readonly flow: Flow
  readonly sidecar?: Readonly<Record<string, string>>
  /** What happens at Entra after the user has signed in. */
  readonly happens?: (entra: Entra) => unknown
  /** How the user's token differs from one that Entra would issue. */
  readonly token?: Readonly<Record<string, unknown>>
}

const breaksAt = (leg: 't1' | 'tr' | 'obo', fault: object, times?: number) => (entra: Entra) =>
  entra.faults.inject({ target: { leg }, fault, ...(times ? { times } : {}) } as Parameters<
    Entra['faults']['inject']
  >[0])
const clockDiffersBy = (clockOffsetSeconds: number) => (entra: Entra) =>
  entra.settings.change({ clockOffsetSeconds })
const withdrawGrants = ({ directory: { content } }: Entra) => {
  content.permissionGrants = content.permissionGrants.filter(({ clientId }) => clientId !== agentId)
}
const grantToBlueprint = ({ directory }: Entra) =>
  directory.grant({
    clientId: directory.principal(blueprintAppId)?.id ?? '',
    consentType: 'AllPrincipals',
    principalId: null,
    resourceId: directory.principal(weatherAppId)?.id ?? '',
    scope: 'Weather.Read',
  })

// biome-ignore format: table
const cases: Readonly<Record<string, Case>> = {
  'Entra wants more of the user, and says what': { flow: 'obo', happens: breaksAt('obo', { kind: 'conditional-access' }) },
  'Entra throttles, and says until when': { flow: 'obo', happens: breaksAt('obo', { kind: 'refuse', code: 90055, retryAfterSeconds: 30 }) },
  'Entra responds with something that is no JSON': { flow: 'autonomous', happens: breaksAt('tr', { kind: 'html', status: 404 }) },
  'Entra responds 503': { flow: 'autonomous', happens: breaksAt('t1', { kind: 'refuse', code: 90033, retryAfterSeconds: 0 }) },
  'Entra responds 503 once': { flow: 'autonomous', happens: breaksAt('t1', { kind: 'refuse', code: 90033, retryAfterSeconds: 0 }, 1) },
  'Entra breaks the connection once': { flow: 'autonomous', happens: breaksAt('tr', { kind: 'reset' }, 1) },
  'Entra breaks every connection': { flow: 'autonomous', happens: breaksAt('tr', { kind: 'reset' }) },
  'Entra’s clock is ten minutes ahead, so that APIs refuse its tokens': { flow: 'autonomous', happens: clockDiffersBy(600) },
  'Entra’s clock is two hours behind, so that its tokens have expired on arrival': { flow: 'autonomous', happens: clockDiffersBy(-7_200) },
  'nobody has consented: the turn never becomes autonomous': { flow: 'obo', happens: withdrawGrants },
  'the sidecar ignores the agent identity, and the blueprint itself has consent': { flow: 'obo', sidecar: { Sidecar__AllowOverrides__GetAuthorizationHeader: 'false' }, happens: grantToBlueprint },
  'the user’s token has expired': { flow: 'obo', token: { lifetimeSeconds: -1 } },
  'the user’s token is for the weather API': { flow: 'obo', token: { resource: `api://${weatherAppId}` } },
  'the user’s token has another scope': { flow: 'obo', token: { scopes: ['something_else'] } },
  'the user’s token is an application’s': { flow: 'obo', token: { user: undefined, scopes: undefined, roles: ['Any'] } },
  'the user’s token is of another issuer': { flow: 'obo', token: { claims: { iss: 'https://evil.example/v2.0' } } },
}

/** A token that the emulator of Entra signs for the blueprint, but for the changes. */
async function signToken(changes: Readonly<Record<string, unknown>>): Promise<string> {
  const right = {
    client: pageAppId,
    resource: `api://${blueprintAppId}`,
    user: ada.oid,
    scopes: ['access_as_user'],
  }
  const response = await postJson(`${stack.entraUrl}/emulator/tokens`, { ...right, ...changes })
  return ((await response.json()) as { access_token: string }).access_token
}

it('A user is told what failed and what to do, and nothing of Entra’s own text; afterwards the agent answers', async () => {
  const blocks: string[] = []
  for (const [what, { flow, sidecar, happens, token: changes }] of Object.entries(cases)) {
    await resetStack(stack, sidecar)
    const token = flow === 'obo' ? await stack.signIn(ada.oid) : undefined
    await happens?.(tenantOf(stack))
    const reply = await askWeather(stack, flow, changes ? await signToken(changes) : token)
    const legs = tokenRequests(stack).map(({ leg, aadsts }) => (aadsts ? `${leg} (AADSTS${aadsts})` : leg))
    expect(reply.text + stack.agentLog.join('')).not.toMatch(/Trace ID|Timestamp|has not consented to use/)
    tenantOf(stack).reset()
    if (sidecar) await stack.restart('sidecar', {})
    const afterwards = describeReply(await askWeather(stack, flow))
    blocks.push(
      [
        `# ${what} (${flow})`,
        describeReply(reply),
        `Entra was asked for: ${legs.join(', ') || 'nothing'}`,
        `Afterwards: ${afterwards}`,
        '',
      ].join('\n'),
    )
  }
  await expect(blocks.join('\n')).toMatchFileSnapshot('failures.txt')
})

it('A token of a time when Entra’s clock was ahead is in nobody’s way once the clock is right, though the sidecar caches it', async () => {
  await resetStack(stack)
  clockDiffersBy(600)(tenantOf(stack))
  await askWeather(stack, 'autonomous')
  clockDiffersBy(0)(tenantOf(stack))
  for (const asked of [3, 3]) {
    expect((await askWeather(stack, 'autonomous')).status).toBe(200)
    expect(tokenRequests(stack).filter(({ leg }) => leg === 'tr')).toHaveLength(asked)
  }
})

describe('When Entra withdraws a key, a user gets', () => {
  const expectRefusal = ({ body }: Reply, code: string, aadsts: string) =>
    expect(body).toMatchObject({ code, upstream: { service: 'entra', code: aadsts } })

  it('USER_TOKEN_INVALID if the key had signed the user’s token', async () => {
    await resetStack(stack)
    const token = await stack.signIn(ada.oid)
    expect((await askWeather(stack, 'obo', token)).status).toBe(200)
    await stack.restart('sidecar')
    const headers = { authorization: `Bearer ${token}` }
    expect((await fetch(`${stack.sidecarUrl}/Validate`, { headers })).status).toBe(200)
    await tenantOf(stack).keys.rotate(0)
    expectRefusal(await askWeather(stack, 'obo', token), 'USER_TOKEN_INVALID', 'AADSTS50013')
  })

  it('FEDERATION_MISMATCH if the key had signed the T1 that the sidecar has cached', async () => {
    await resetStack(stack)
    await stack.restart('agent')
    expect((await askWeather(stack, 'obo')).status).toBe(200)
    const token = await stack.signIn(ben.oid)
    await tenantOf(stack).keys.rotate(0)
    expectRefusal(await askWeather(stack, 'obo', token), 'FEDERATION_MISMATCH', 'AADSTS700027')
  })
})

describe('A user', () => {
  it('gets ENTRA_UNAVAILABLE, not a demand to sign in again, if the sidecar cannot fetch Entra’s keys', async () => {
    await resetStack(stack)
    const token = await stack.signIn(ada.oid)
    expect((await askWeather(stack, 'obo', token)).status).toBe(200)
    await stack.restart('sidecar')
    tenantOf(stack).faults.inject({ target: { leg: 'keys' }, fault: { kind: 'refuse', code: 90033 } })
    const { body } = await askWeather(stack, 'obo', token)
    expect(body).toMatchObject({ code: 'ENTRA_UNAVAILABLE', upstream: { service: 'sidecar', status: 401 } })
    tenantOf(stack).faults.clear()
    expect((await askWeather(stack, 'obo', token)).status).toBe(200)
  })

  it('gets SIDECAR_REFUSED_CALLER if the sidecar takes the agent for a remote caller', async () => {
    const remote = new LocalServer((_request, response) => response.writeHead(403).end(), 'localhost')
    await stack.restart('agent', { SIDECAR_URL: (await remote.start()).url })
    const { body } = await askWeather(stack, 'autonomous')
    const upstream = { service: 'sidecar', status: 403 }
    expect(body).toMatchObject({ code: 'SIDECAR_REFUSED_CALLER', upstream })
    await stack.restart('agent')
    await remote.close()
  })
})
