import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { findFaults } from '@entra-agents/service-kit/testing/find-faults'
import { temporaryFile } from '@entra-agents/service-kit/testing/temporary-file'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readConfig } from './config.ts'
import { neededVariables as needed } from './testing/needed-variables.ts'

const faultsOf = (environment: NodeJS.ProcessEnv) => findFaults(() => readConfig(environment))

describe('The agent’s configuration', () => {
  it('needs three ids and an API, and no other setting', () => {
    expect(readConfig({ ...needed, BLUEPRINT_APP_ID: needed.BLUEPRINT_APP_ID.toUpperCase() })).toMatchObject({
      host: 'localhost',
      allowedHosts: ['localhost', '127.0.0.1', '[::1]'],
      port: 3001,
      metricsPort: 9464,
      sidecarUrl: 'http://localhost:5000',
      traceFor: 'everyone',
      allowedClients: [],
      requireSignIn: false,
      emulated: [],
      bedrock: { missing: expect.any(String) },
      spaClientId: undefined,
      blueprint: {
        authority: 'https://login.microsoftonline.com',
        blueprintAppId: 'cccccccc-0000-4000-8000-00000000000c',
      },
      agents: [
        {
          name: 'default',
          clientId: 'bbbbbbbb-0000-4000-8000-00000000000b',
          flows: ['autonomous', 'obo'],
        },
      ],
      toolsets: [],
      mcpServers: [{ api: { name: 'notes' } }],
    })
  })

  it('treats empty variables as unset', () => {
    const empty = { CLIENT_SPA_APP_ID: '', PORT: '', ENTRA_AUTHORITY: '', REQUIRE_SIGN_IN: '', EMULATED: '' }
    const { mcpServers: _, ...expected } = readConfig(needed)
    expect(readConfig({ ...needed, ...empty })).toMatchObject(expected)
  })

  // biome-ignore format: table
  it.each([
    ['AGENTS_CONFIG', { agents: { clerk: { title: 'Clerk', clientId: needed.AGENT_CLIENT_ID } } }],
    ['MCP_CONFIG', { mcpServers: {} }],
  ])('takes no other file for %s than the one with the SHA-256 that is set, not even one with other spaces', (name, content) => {
    const [text, file] = [JSON.stringify(content), temporaryFile('config.json', onTestFinished)]
    const environment = { ...needed, [name]: file, [`${name}_SHA256`]: createHash('sha256').update(text).digest('hex') }
    writeFileSync(file, text)
    expect(faultsOf(environment)).toEqual([])
    for (const other of [`${text} `, '{}', '', 'no JSON']) {
      writeFileSync(file, other)
      expect(faultsOf(environment)).toEqual([
        expect.stringMatching(`\\(${name}\\) is not the file that was deployed: its SHA-256 is .+ delete its ConfigMap`),
      ])
    }
    expect(faultsOf({ ...environment, [`${name}_SHA256`]: 'any' })).toHaveLength(1)
  })

  it('reports all faults at once, in words that say what to do', async () => {
    const proxies = ['ingress-nginx', '10.0.0.0/0', '10.0.0.0/33', '10.0.0.0/8/8', '2001:db8::/129', '*']
    const elsewhere = 'http://elsewhere.example'
    const environments = {
      'without any API': { ...needed, MCP_CONFIG: undefined },
      'with plain http to another machine': { ...needed, SIDECAR_URL: elsewhere, ENTRA_AUTHORITY: elsewhere },
      'with something that is no proxy': { ...needed, TRUSTED_PROXIES: proxies.join() },
      'with many faults': {
        TENANT_ID: 'contoso',
        PORT: '70000',
        REQUIRE_SIGN_IN: 'yes',
        SIDECAR_URL: 'localhost:5000',
        EMULATED: 'entra,graph',
        AWS_REGION: 'Frankfurt',
      },
    }
    const blocks = Object.entries(environments).map(
      ([what, environment]) => `# ${what}\n${faultsOf(environment).join('\n')}\n`,
    )
    await expect(blocks.join('\n')).toMatchFileSnapshot('config.txt')
  })

  it('lets the clients in ALLOWED_CLIENTS obtain users’ tokens for the agent, by default only the page', () => {
    const page = 'dddddddd-0000-4000-8000-00000000000d'
    const other = 'eeeeeeee-0000-4000-8000-00000000000e'
    expect(readConfig({ ...needed, CLIENT_SPA_APP_ID: page }).allowedClients).toEqual([page])
    expect(
      readConfig({ ...needed, CLIENT_SPA_APP_ID: page, ALLOWED_CLIENTS: `${page}, ${other}` }).allowedClients,
    ).toEqual([page, other])
  })

  it('accepts only addresses, CIDR blocks and named ranges as trusted proxies', () => {
    const good = '192.0.2.1, 10.244.3.0/24, 2001:db8::/48, ::1, loopback'
    expect(readConfig({ ...needed, TRUSTED_PROXIES: good }).trustedProxies).toEqual(good.split(', '))
  })
})
