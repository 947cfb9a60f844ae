import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { identities } from '../../support/identities.ts'

export const tasksAppId = '99999999-0000-4000-8000-00000000000a'

export interface TasksApi {
  readonly url: string
  /** The bearer tokens that came in, in order. */
  readonly tokens: readonly string[]
  close(): Promise<void>
}

/** A protected API of its own: it takes tokens of the tenant that are meant for it and allow reading tasks. */
export async function startTasksApi(entraUrl: string): Promise<TasksApi> {
  const issuer = `${entraUrl}/${identities.tenantId}`
  const keys = createRemoteJWKSet(new URL(`${issuer}/discovery/v2.0/keys`))
  const tokens: string[] = []

  async function respond(target: string, authorization: string): Promise<readonly [number, object]> {
    if (target === '/readyz') return [200, {}]
    const token = authorization.replace(/^Bearer /, '')
    tokens.push(token)
    const verified = await jwtVerify(token, keys, { issuer: `${issuer}/v2.0`, audience: tasksAppId }).catch(
      () => undefined,
    )
    if (verified === undefined) return [401, { code: 'TOKEN_REJECTED', failedCheck: 'audience' }]
    const { azp, oid, scp, roles } = verified.payload
    const isForUser = scp === 'Tasks.Read'
    const isForAgent = Array.isArray(roles) && roles.includes('Tasks.Read.All')
    if (!isForUser && !isForAgent) return [403, { code: 'FORBIDDEN', failedCheck: 'permission' }]
    const project = new URL(target, 'http://localhost').searchParams.get('project')
    return [
      200,
      {
        project,
        tasks: [`Build ${project}`, `Launch ${project}`],
        validated: {
          flow: isForUser ? 'obo' : 'autonomous',
          caller: azp,
          on_behalf_of: isForUser ? oid : null,
          signature_verified: true,
          checks: [
            { name: 'audience', ok: true },
            { name: 'permission', ok: true },
          ],
        },
      },
    ]
  }

  const server = createServer((request, response) => {
    void respond(request.url ?? '', request.headers.authorization ?? '').then(([status, body]) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
    )
  })
  await new Promise<void>(resolve => server.listen(0, 'localhost', resolve))
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    tokens,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
