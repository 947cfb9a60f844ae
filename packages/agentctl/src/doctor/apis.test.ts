import { expect, it } from 'vitest'
import { configuredApis, hintOfApi, readApiConfig } from './apis.ts'

it('An API is configured by its app id', () => {
  const env = { TASKS_API_APP_ID: 'id', OLD_TASKS_API_APP_ID: 'id', NOTES_API_APP_ID: '', SETUP_APP_ID: 'id' }
  expect(configuredApis(env)).toEqual(['tasks-api', 'old-tasks-api'])
})

it('An API of this repository tells the faults of its settings, by the entry of its package', async () => {
  await expect(readApiConfig('agent', {})).rejects.toThrow('TENANT_ID is not set')
})

it('Of an API that is kept elsewhere nothing is known', async () => {
  await expect(readApiConfig('tasks-api', {})).resolves.toBeUndefined()
  await expect(hintOfApi('tasks-api', 'TASKS_UNAVAILABLE')).resolves.toBeUndefined()
})
