import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ChatResponse } from '@entra-bedrock-agent/identity-trace'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toolsetReaders } from '../../../services/agent/src/config.ts'
import { identities } from '../../support/identities.ts'
import { registerApis } from '../../support/register-api.ts'
import { Stack } from '../../support/stack.ts'
import { EmulatedAws, staticKeys } from '../bedrock/emulated-aws.ts'
import { startTasksApi, type TasksApi, tasksAppId } from './tasks-api.ts'
import { readTasksToolset } from './tasks-toolset.ts'

let folder: string
let aws: EmulatedAws
let stack: Stack
let tasksApi: TasksApi
beforeAll(async () => {
  aws = await EmulatedAws.start()
  folder = mkdtempSync(join(tmpdir(), 'second-api-'))
  const registered = registerApis(folder, {
    tasks: { appId: tasksAppId, appRoles: ['Tasks.Read.All'], scopes: ['Tasks.Read'] },
  })
  stack = await Stack.start(
    registered,
    ['entra', 'sidecar', 'weather'],
    [readTasksToolset, ...toolsetReaders],
  )
  tasksApi = await startTasksApi(stack.entraUrl)
  await stack.start('agent', {
    ...aws.environment,
    ...staticKeys,
    TASKS_API_URL: tasksApi.url,
    TASKS_API_APP_ID: tasksAppId,
  })
})
afterAll(async () => {
  await stack.close()
  await tasksApi.close()
  await aws.stop()
  rmSync(folder, { recursive: true })
})

async function ask(message: string, mode: 'direct' | 'bedrock', flow: 'autonomous' | 'obo') {
  const token = flow === 'obo' ? await stack.signIn(identities.ada.oid) : undefined
  const response = await fetch(`${stack.agentUrl}/api/chat`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ message, mode, flow }),
  })
  const body = await response.json()
  expect(response.status, JSON.stringify(body)).toBe(200)
  return body as ChatResponse
}

describe('a second API, which no file of the agent knows', () => {
  describe.each(['autonomous', 'obo'] as const)('in the %s flow', flow => {
    const subject = flow === 'obo' ? identities.ada.oid : identities.agentId

    it.each(['direct', 'bedrock'] as const)('is called in %s mode with a token of its own', async mode => {
      const message = mode === 'direct' ? 'Tasks of Apollo' : 'Use get_tasks for project Apollo'
      const { answer, tools, trace } = await ask(message, mode, flow)
      expect(answer).toContain('Launch Apollo')
      expect(tools).toEqual([{ name: 'get_tasks', arguments: { project: 'Apollo' }, status: 'ok' }])
      const card = trace.find(({ token }) => token?.role === 'TR')?.token
      expect(card?.claims).toMatchObject({
        azp: identities.agentId,
        aud: tasksAppId,
        oid: subject,
        ...(flow === 'obo' ? { scp: 'Tasks.Read' } : { roles: ['Tasks.Read.All'] }),
      })
      expect(card?.verifiedBy?.map(({ actor }) => actor)).toEqual(['agent', 'tasks-api'])
      expect(trace.find(({ kind }) => kind === 'api-call')?.to).toBe('tasks-api')
      expect(trace.find(({ kind }) => kind === 'validation')?.from).toBe('tasks-api')
    })

    it('gets its own token, and the weather API its own, when both are called at once', async () => {
      const before = tasksApi.tokens.length
      const [tasks, weather] = await Promise.all([
        ask('Tasks of Gemini', 'direct', flow),
        ask('Weather in Oslo?', 'direct', flow),
      ])
      const audienceOf = ({ trace }: ChatResponse) =>
        trace.find(({ token }) => token?.role === 'TR')?.token?.claims?.['aud']
      expect(audienceOf(tasks)).toBe(tasksAppId)
      expect(audienceOf(weather)).toBe(identities.weatherAppId)
      expect(weather.answer).toContain('Oslo')
      const [token = ''] = tasksApi.tokens.slice(before)
      expect(decodeJwt(token)['aud']).toBe(tasksAppId)
      const refused = await fetch(`${stack.weatherUrl}/weather?city=Oslo`, {
        headers: { authorization: `Bearer ${token}` },
      })
      expect(refused.status).toBe(401)
    })
  })

  it('refuses the token of the weather API', async () => {
    const response = await fetch(
      `${stack.sidecarUrl}/AuthorizationHeaderUnauthenticated/weatherApp?AgentIdentity=${identities.agentId}`,
    )
    const { authorizationHeader } = (await response.json()) as { authorizationHeader: string }
    const refused = await fetch(`${tasksApi.url}/tasks?project=Apollo`, {
      headers: { authorization: authorizationHeader },
    })
    expect(refused.status).toBe(401)
  })

  it('is on the lists of configuration and status', async () => {
    const get = async (path: string) => (await fetch(`${stack.agentUrl}${path}`)).json() as Promise<unknown>
    expect(await get('/api/config')).toMatchObject({
      apis: [
        { name: 'tasks-api', title: 'Tasks API', appId: tasksAppId },
        { name: 'weather-api', title: 'Weather API' },
      ],
      examples: expect.arrayContaining(['Tasks of Apollo']),
    })
    expect(await get('/api/status')).toMatchObject({
      components: { tasks_api: { state: 'ready' }, weather_api: { state: 'ready' } },
    })
  })
})
