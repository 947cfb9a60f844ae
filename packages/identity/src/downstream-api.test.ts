import { readEnvironment } from '@entra-agents/service-kit'
import { expect, it } from 'vitest'
import { readDownstreamApi } from './downstream-api.ts'

const permissions = { role: 'Tasks.Read.All', scope: 'Tasks.Read' }
const appId = '99999999-0000-4000-8000-0000000000f1'

it('An API is configured by two variables, and its sidecar entries are named after it', () => {
  const definition = { name: 'all-api-tasks-2-api', title: 'Tasks', permissions }
  const env = { ALL_API_TASKS_2_API_URL: 'http://tasks:8080', ALL_API_TASKS_2_API_APP_ID: appId }
  expect(readEnvironment(env, reader => readDownstreamApi(reader, definition))).toEqual({
    name: 'all-api-tasks-2-api',
    title: 'Tasks',
    permissions,
    url: 'http://tasks:8080',
    healthPath: '/readyz',
    appId,
    sidecarEntries: { autonomous: 'allApiTasks2App', obo: 'allApiTasks2', 'agent-user': 'allApiTasks2' },
    flows: ['autonomous', 'obo', 'agent-user'],
  })
})

it('An API may have a default address, but never a default app id; without any setting it is left out', () => {
  const definition = { name: 'tasks-api', title: 'Tasks', permissions, defaultUrl: 'http://localhost:8090' }
  const read = (env: Record<string, string>) =>
    readEnvironment(env, reader => readDownstreamApi(reader, definition))
  expect(read({ TASKS_API_APP_ID: appId })?.url).toBe('http://localhost:8090')
  expect(() => read({ TASKS_API_URL: 'http://tasks:8080' })).toThrow('TASKS_API_APP_ID is not set.')
  expect(read({})).toBeUndefined()
})
