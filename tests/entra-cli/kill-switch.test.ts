import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tenant } from '@entra-bedrock-agent/demo-tenant'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { identities } from '../support/identities.ts'
import { Stack } from '../support/stack.ts'
import { graphToken, Workplace } from './support/workplace.ts'

const { agentId, alertsAgentId, tenantId } = identities
const city = '/weather?city=Dallas'

/** In place of kubectl: a cluster with one ConfigMap, which is mounted at once, in pods of the weather API. */
const kubectl = `
case "$*" in
  *"get pods"*) cat "$0.pods" ;;
  *"get configmap"*) cat "$0.configmap" 2>/dev/null || true ;;
  *replace*|*create*) cat > "$0.configmap" && node -e '
    const { data } = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"))
    require("fs").writeFileSync(process.argv[2], data["deny-list.json"])' "$0.configmap" "$0.list" ;;
  *annotate*) echo "$*" >> "$0.touched" ;;
  *) echo "unexpected: $*" >&2; exit 1 ;;
esac`

/** A receipt of the emulated tenant as it is from the start. */
const receipt = {
  version: 1,
  tenantId,
  setUpId: '00000000',
  settings: {
    agents: ['weather-agent', 'alerts-agent'],
    redirectUris: [],
    federatedCredentials: [],
    sponsors: [],
    owners: [],
  },
  disabledAgents: [],
  objects: Object.fromEntries(
    Object.entries({ 'weather-agent': agentId, 'alerts-agent': alertsAgentId }).map(([name, id]) => [
      `agent/${name}`,
      { id, recordedAt: '2026-01-01T00:00:00Z' },
    ]),
  ),
  creating: null,
}

describe('the kill switch', () => {
  let workplace: Workplace
  let stack: Stack
  const listPath = () => join(workplace.folder, 'kubectl.list')
  const way = () => ['--sidecar', stack.sidecarUrl, '--api', `${stack.weatherUrl}${city}`]
  const rows = () => JSON.parse(readFileSync(listPath(), 'utf8'))

  beforeAll(async () => {
    stack = await Stack.start({}, ['entra', 'sidecar'])
    const { ids } = tenant.apis['weather-api']
    const role = { principalId: alertsAgentId, resourceId: ids.principal, appRoleId: ids['Weather.Read.All'] }
    const response = await fetch(
      `${stack.entraUrl}/v1.0/servicePrincipals/${alertsAgentId}/appRoleAssignments`,
      {
        method: 'POST',
        headers: {
          authorization: `Bearer ${await graphToken({ url: stack.entraUrl })}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify(role),
      },
    )
    expect(response.status).toBe(201)
  })
  afterAll(() => stack.close())
  beforeEach(async () => {
    workplace = new Workplace(stack.entraUrl, await graphToken({ url: stack.entraUrl }))
    writeFileSync(workplace.receiptPath, JSON.stringify(receipt))
    const pod = {
      metadata: { name: 'api-0' },
      spec: { volumes: [{ name: 'deny-list', configMap: { name: 'denied' } }] },
    }
    writeFileSync(join(workplace.folder, 'kubectl.pods'), JSON.stringify({ items: [pod] }))
    vi.stubEnv('PATH', `${workplace.writeCommand('kubectl', kubectl)}:${process.env['PATH']}`)
    writeFileSync(listPath(), '[]')
    await stack.start('weather', {
      AGENT_CLIENT_ID: `${agentId},${alertsAgentId}`,
      WEATHER_DENY_LIST: listPath(),
    })
  })
  afterEach(async () => {
    await workplace.run('enable')
    await stack.stop('weather')
    workplace[Symbol.dispose]()
    vi.unstubAllEnvs()
  })

  it('with a deny list is proven to stop new tokens and those from before, and the other agent goes on', async () => {
    const { code, output } = await workplace.run(
      'disable',
      '--agent',
      'weather-agent',
      '--prove',
      '--deny-list',
      ...way(),
    )
    expect(output).toMatch(/new token, past the sidecar’s cache .* AADSTS7000112\n/)
    expect(output).toMatch(/call with a token from before .* 403 deny-list\n/)
    expect(output).toMatch(/control: the same by another agent +(\d+) of \1 /)
    expect(output).toContain('Proven: no new token, and no call with one from before.')
    expect(output).toContain('aws iam put-role-policy')
    expect(output).not.toContain('eyJ')
    expect(code).toBe(0)
    expect(rows()).toEqual([{ agent: agentId }, { agent: agentId, issuedBefore: expect.any(String) }])
    expect(readFileSync(join(workplace.folder, 'kubectl.touched'), 'utf8')).toMatch(
      /annotate pods api-0 .*--overwrite/,
    )
  })

  it('with a deny list tells how long it took until the API refuses, and lets the agent in again without its tokens from before', async () => {
    const others = [{ uti: 'stolen' }]
    const configMap = {
      metadata: { name: 'denied', resourceVersion: '7' },
      data: { 'deny-list.json': JSON.stringify(others) },
    }
    writeFileSync(join(workplace.folder, 'kubectl.configmap'), JSON.stringify(configMap))
    const { code, output } = await workplace.run(
      'disable',
      '--agent',
      'weather-agent',
      '--deny-list',
      'denied',
      ...way(),
    )
    expect(output).toMatch(
      /The API refuses a token from before since \d+\.\d s after the switch \(403 deny-list\)\./,
    )
    expect(output).toContain('Undo: npx --no-install agentctl entra enable --deny-list')
    expect(code).toBe(0)
    const [, , cutOff] = rows()
    expect(rows()).toEqual([...others, { agent: agentId }, cutOff])

    const enabled = await workplace.run('enable', '--agent', 'weather-agent', '--deny-list')
    expect(enabled.code).toBe(0)
    expect(rows()).toEqual([...others, cutOff])
    const from = new Date(Date.parse(cutOff.issuedBefore) + 300_000).toISOString()
    expect(enabled.output).toContain(
      `"weather-agent": the API accepts tokens that were issued from ${from} on.`,
    )
  })

  it('without a deny list is proven to stop new tokens, and tells until when those from before live', async () => {
    const { code, output } = await workplace.run('disable', '--agent', 'weather-agent', '--prove', ...way())
    expect(output).toMatch(/Tokens from before live until \d{4}-\d\d-\d\dT/)
    expect(output).toMatch(/call with a token from before +(\d+) of \1 /)
    expect(output).toContain('Proven: no new token.')
    expect(code).toBe(0)
  })

  it.each([
    [
      'the deny list is not there',
      ['--deny-list', 'other', '--agent', 'weather-agent'],
      'No pod here mounts the ConfigMap other',
    ],
    [
      'the pods cannot be reached',
      ['--prove', '--agent', 'weather-agent'],
      'unexpected: get pods,configmaps',
    ],
  ])('is thrown at Entra also where %s, which is told', async (_what, options, told) => {
    writeFileSync(
      join(workplace.folder, 'kubectl'),
      `#!/bin/sh\n${kubectl.replace('*"get pods"*', '*"get pods --"*')}`,
    )
    const { code, output, said } = await workplace.run('disable', ...options)
    expect(output).toMatch(/disabled +.* agent identity "weather-agent"/)
    expect(said).toContain(told)
    expect(code).not.toBe(0)
  })

  it.each([
    ['a proof of several agents', ['--prove'], '--agent weather-agent or alerts-agent'],
    [
      'another URL than of http',
      ['--prove', '--api', 'localhost:8080'],
      '--api must be an http or https URL',
    ],
  ])('refuses %s, before anything is switched off', async (_what, options, told) => {
    const { code, output, said } = await workplace.run('disable', ...options)
    expect([code, output]).toEqual([2, ''])
    expect(said).toContain(told)
  })
})
