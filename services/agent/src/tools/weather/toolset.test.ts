import { expect, it } from 'vitest'
import { readConfig } from '../../config.ts'
import { neededVariables } from '../../testing/needed-variables.ts'
import { weatherApi } from './testing/toolset.ts'

it('The agent has the weather API if its app id is set, by default at its port on this machine', () => {
  const toolsets = [{ api: { name: 'weather-api', url: 'http://localhost:8080' } }]
  expect(readConfig({ ...neededVariables, MCP_CONFIG: undefined, ...weatherApi })).toMatchObject({ toolsets })
  expect(readConfig(neededVariables).toolsets).toEqual([])
})
