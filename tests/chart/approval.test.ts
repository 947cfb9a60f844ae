import { writeFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { temporaryFile } from '../../packages/service-kit/src/testing/temporary-file.ts'
import { readSealKeys } from '../../services/agent/src/approval/seal-keys.ts'
import { needs } from '../support/programs.ts'
import { baseValues, merge, renderNotes, renderText, renderWith, run, type Values } from './support/render.ts'

needs('helm')

const existingSecret = 'agent-seal-keys'
const notes = {
  url: 'https://notes.example.com/mcp',
  appId: '99999999-0000-4000-8000-0000000010aa',
  allowedTools: ['get_note', 'add_note'],
}
const alerts = { replicas: 1, alerts: { enabled: true, volume: { size: '1Gi' } } }
const ingress = {
  ingress: { enabled: true, hosts: ['agent.example.com'], tls: { secretName: 'agent-tls' } },
  entra: { spaAppId: 'dddddddd-0000-4000-8000-00000000000d' },
  networkPolicy: { agent: { ingressFrom: [{ podSelector: {} }] } },
}

/** The chart's refusal of these values; empty if it accepts them. */
const refusalOf = (values: Values) =>
  renderWith(values).then(
    () => '',
    (error: Error) => error.message,
  )

describe('A Secret with the keys that seal waiting turns', () => {
  it('is mounted as a folder, into the agent alone, and never created by the chart', async () => {
    const rendering = await renderWith({ approval: { existingSecret, key: 'keys' } })
    expect(rendering.ofKind('Secret')).toEqual([])
    const volumes = rendering.pod('demo-agent').spec.volumes ?? []
    expect(volumes.filter(({ name }) => name === 'seal-keys')).toEqual([
      {
        name: 'seal-keys',
        secret: {
          secretName: existingSecret,
          items: [{ key: 'keys', path: 'seal-keys' }],
          defaultMode: 0o440,
        },
      },
    ])
    const mount = { name: 'seal-keys', mountPath: '/etc/seal-keys', readOnly: true }
    expect(rendering.container('demo-agent', 'agent').volumeMounts).toContainEqual(mount)
    const { SEAL_KEYS_FILE } = rendering.settings('demo-agent', 'agent')
    expect(SEAL_KEYS_FILE).toBe('/etc/seal-keys/seal-keys')
    const { volumeMounts = [] } = rendering.container('demo-agent', 'sidecar')
    expect(volumeMounts.filter(({ name }) => name === 'seal-keys')).toEqual([])
  })

  it('is neither demanded nor mentioned by the chart if no call can wait', async () => {
    const text = await renderText({ values: baseValues })
    expect(text).not.toMatch(/seal|CONSENT_REDIRECT_URI|AUTH_CONTEXT|kind: Secret/)
    const values = { ...ingress, mcpServers: { notes: { ...notes, readOnlyTools: notes.allowedTools } } }
    expect(await refusalOf(values)).toBe('')
  })

  it('is not needed to say when a turn may ask for a consent', async () => {
    const settingOf = async (values: Values) =>
      (await renderWith(values)).settings('demo-agent', 'agent')['CONSENT_FROM_TURNS']
    expect(await settingOf({})).toBe('first-call')
    expect(await settingOf({ approval: { consentFromTurns: 'never' } })).toBe('never')
    expect(await refusalOf({ approval: { consentFromTurns: 'sometimes' } })).toContain('consentFromTurns')
  })

  // biome-ignore format: table
  it.each<[string, Values, string]>([
    ['alerts', { weatherApi: alerts }, 'Calls of weatherApi.alerts wait'],
    ['tools of an MCP server', { mcpServers: { notes } }, 'Calls of mcpServers.notes (get_note, add_note) wait'],
    ['one tool of an MCP server', { mcpServers: { notes: { ...notes, readOnlyTools: ['get_note'] } } }, 'Calls of mcpServers.notes (add_note) wait'],
    ['alerts and tools of an MCP server', { weatherApi: alerts, mcpServers: { notes } }, 'Calls of weatherApi.alerts, mcpServers.notes (get_note, add_note) wait'],
  ])('is demanded by the chart for %s, as soon as the agent may have several pods', async (_what, values, sentence) => {
    const one = { agent: { replicas: 1 } }
    const upToSix = { agent: { replicas: 1, autoscaling: { enabled: true } } }
    expect(await refusalOf(values)).toContain(sentence)
    expect(await refusalOf(merge(values, upToSix))).toContain(sentence)
    expect(await refusalOf(merge(values, one))).toBe('')
    expect(await refusalOf(merge(values, { approval: { existingSecret } }))).toBe('')
  })

  it('is not demanded by the chart for tools that are offered only without a user, since no user could be asked', async () => {
    expect(await refusalOf({ mcpServers: { notes: { ...notes, flows: ['autonomous'] } } })).toBe('')
  })

  it('gets keys in the agent’s format from the two lines that the chart’s refusal shows', async () => {
    const message = await refusalOf({ mcpServers: { notes }, approval: { key: 'keys' } })
    const [, print = '', create = ''] = /\n +(printf .*) \|\n +(kubectl .*)\n/.exec(message) ?? []
    expect(create).toBe('kubectl -n agents create secret generic demo-seal-keys --from-file=keys=/dev/stdin')
    const file = temporaryFile('seal-keys', onTestFinished)
    writeFileSync(file, await run('bash', ['-c', print]))
    expect(readSealKeys(file).current().kid).toBe('key-1')
  })

  it('is recommended by the chart’s notes for one pod too', async () => {
    const values = merge(baseValues, { agent: { replicas: 1 }, mcpServers: { notes } })
    const told = await renderNotes({ values })
    expect(told).toContain(
      'Calls of mcpServers.notes (get_note, add_note) wait until their user approves them.',
    )
    expect(told).toContain('seals with a key of its own')
    const withSecret = await renderNotes({ values: merge(values, { approval: { existingSecret } }) })
    expect(withSecret).not.toContain('seals with a key of its own')
  })
})

describe('The agent asks for consent', () => {
  it('with a redirect URI at the page’s own address, if an Ingress is set and all pods share the seal keys', async () => {
    const settings = async (values: Values) =>
      (await renderWith(values)).settings('demo-agent', 'agent')['CONSENT_REDIRECT_URI']
    const uri = 'https://agent.example.com/auth/consent.html'
    expect(await settings(merge(ingress, { approval: { existingSecret } }))).toBe(uri)
    expect(await settings(ingress)).toBeUndefined()
    expect(await settings({ approval: { existingSecret } })).toBeUndefined()
    const told = await renderNotes({
      values: merge(baseValues, merge(ingress, { approval: { existingSecret } })),
    })
    expect(told).toContain(`needs the redirect URI (platform "Web") ${uri}`)
  })
})

describe('The authentication context of alerts', () => {
  it('is set for the agent as ALERTS_AUTH_CONTEXT only if alerts are enabled', async () => {
    const context = async (weatherApi: Values) =>
      (await renderWith({ agent: { replicas: 1 }, weatherApi })).settings('demo-agent', 'agent')[
        'ALERTS_AUTH_CONTEXT'
      ]
    expect(await context({ ...alerts, alerts: { ...alerts.alerts, authContext: 'c1' } })).toBe('c1')
    expect(await context(alerts)).toBeUndefined()
    expect(await context({ alerts: { authContext: 'c1' } })).toBeUndefined()
  })
})

describe('Agents of a chart with alerts', () => {
  it('may change alerts without a user only by the tools in `unattendedTools`', async () => {
    const settings = async (more: Values) => {
      const weatherApi = { ...alerts, alerts: { ...alerts.alerts, ...more } }
      return (await renderWith({ agent: { replicas: 1 }, weatherApi })).settings('demo-agent', 'agent')
    }
    const unattendedTools = ['create_alert', 'delete_alert']
    expect(await settings({ unattendedTools })).toMatchObject({
      WEATHER_API_ALERTS: 'true',
      WEATHER_API_UNATTENDED_TOOLS: 'create_alert,delete_alert',
    })
    expect(await settings({})).not.toHaveProperty('WEATHER_API_UNATTENDED_TOOLS')
    const refused = await refusalOf({ weatherApi: { alerts: { unattendedTools: ['list_alerts'] } } })
    expect(refused).toContain('/weatherApi/alerts/unattendedTools/0')
  })
})

describe('The tools of an MCP server', () => {
  // biome-ignore format: table
  it.each<[string, Values, string]>([
    ['read only without being allowed', { readOnlyTools: ['list'] }, 'mcpServers.notes.readOnlyTools has list, which is not in allowedTools.'],
    ['unattended without being allowed', { unattendedTools: ['list'] }, 'mcpServers.notes.unattendedTools has list, which is not in allowedTools.'],
    ['unattended though they never wait', { readOnlyTools: ['get_note'], unattendedTools: ['get_note'] }, 'unattendedTools has get_note, which is in readOnlyTools'],
    ['read only by a wildcard', { readOnlyTools: ['*'] }, '/mcpServers/notes/readOnlyTools/0'],
  ])('are refused by the chart if they are %s', async (_what, values, sentence) => {
    const approval = { existingSecret }
    expect(await refusalOf({ approval, mcpServers: { notes: { ...notes, ...values } } })).toContain(sentence)
  })
})
