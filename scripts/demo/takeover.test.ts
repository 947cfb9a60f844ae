import { readFileSync } from 'node:fs'
import type { Variables } from '@entra-agents/service-kit'
import { describe, expect, it } from 'vitest'
import { takeoverExample } from './takeover.ts'
import * as testing from './testing/environments.ts'
import { weatherExample } from './weather.ts'

const write = testing.jsonFiles()
const environments = (variables: Variables) =>
  testing.environments(variables, [weatherExample, takeoverExample])

describe('The demo’s document that tries to take over', () => {
  it('adds a process, an agent and a server, and its lines to those of the others', async () => {
    const all = environments({})
    const added = testing.describeAdded(all, testing.environments({}, [weatherExample]))
    const files = ['AGENTS_CONFIG', 'MCP_CONFIG'].map(
      name => `# the agent’s ${name}\n\n${readFileSync(all['agent']?.[name] ?? '', 'utf8')}`,
    )
    await expect(`${added}${files.join('\n')}`).toMatchFileSnapshot('takeover.txt')
  })

  // biome-ignore format: table
  it.each([
    ['tenant', { ENTRA_SEED: write('entra.json', { extends: 'demo' }) }],
    ['agents', { AGENTS_CONFIG: write('agents.json', { agents: { alone: { title: 'Alone', clientId: 'bbbbbbbb-0000-4000-8000-00000000001b' } } }) }],
    ['MCP servers', { MCP_CONFIG: 'tests/support/no-servers.json' }],
    ['Bedrock', { AWS_PROFILE: 'own' }],
  ])('is not there if the user has %s of their own', (_what, variables) => {
    const all = environments(variables)
    expect(Object.keys(all)).not.toContain('notes')
    expect(all['agent']).not.toHaveProperty('COMPARISON_CONFIG')
    expect(all['bedrock'] ?? {}).not.toHaveProperty('EMULATOR_OBEYS_RESULTS')
  })
})
