import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { identities } from '../support/identities.ts'
import { kubectlScript, useThreeAgents } from './support/three-agents.ts'

const { agentId } = identities

/** Long enough for the API to read its deny list: in these tests the command's waits take no time. */
const waitOptions = '--wait 9999'

describe('the kill switch', () => {
  const three = useThreeAgents()
  beforeEach(() => three.useToken(agentId))

  it('with a deny list is proven to stop new and earlier tokens, while two other agents go on', async () => {
    const command = `disable --agent weather-agent --prove --deny-list ${waitOptions}`
    const { code, output } = await three.run(command, ...three.urlOptions)
    expect(output).toMatch(/new token, past the sidecar’s cache .* AADSTS7000112\n/)
    expect(output).toMatch(/call with an earlier token .* 403 deny-list\n/)
    for (const name of ['alerts-agent', 'trainee'])
      expect(output).toMatch(new RegExp(`control "${name}" +(\\d+) of \\1 `))
    expect(output).toMatch(/^proven .*\n +No new token, and no call with an earlier one\.$/m)
    expect(output).toMatch(
      /^refused .*\n +The API refuses an earlier token from \d+\.\d\d s after Enter on\. \(403 deny-list\)$/m,
    )
    expect(output).toContain('aws iam put-role-policy')
    expect(output).not.toContain('eyJ')
    expect(code).toBe(0)
    expect(three.rows).toEqual([{ agent: agentId }, { agent: agentId, issuedBefore: expect.any(String) }])
    expect(readFileSync(join(three.workplace.folder, 'kubectl.touched'), 'utf8')).toMatch(
      /annotate pods api-0 .*--overwrite/,
    )
  })

  it('with a deny list reports how long the API took to refuse tokens, and lets the agent in again, but not with its earlier tokens', async () => {
    const others = [{ uti: 'stolen' }]
    const configMap = {
      metadata: { name: 'denied', resourceVersion: '7' },
      data: { 'deny-list.json': JSON.stringify(others) },
    }
    writeFileSync(join(three.workplace.folder, 'kubectl.configmap'), JSON.stringify(configMap))
    const command = `disable --agent weather-agent --deny-list denied ${waitOptions}`
    const { code, output } = await three.run(command, ...three.urlOptions)
    expect(output).toMatch(/^denied .*\n +In the ConfigMap denied, which 1 pods mount/m)
    expect(output).toMatch(
      /^refused .*\n +The API refuses an earlier token from \d+\.\d\d s after Enter on\. \(403 deny-list\)$/m,
    )
    expect(output).toContain(
      'Undo: npx --no-install agentctl entra enable --deny-list --agent "weather-agent"',
    )
    expect(code).toBe(0)
    const [, , cutOff = {}] = three.rows
    expect(three.rows).toEqual([...others, { agent: agentId }, cutOff])

    const enabled = await three.run('enable --agent weather-agent --deny-list')
    expect(enabled.code).toBe(0)
    expect(three.rows).toEqual([...others, cutOff])
    const from = new Date(Date.parse(cutOff['issuedBefore'] ?? '') + 300_000).toISOString()
    expect(enabled.output).toContain(`issued from ${from} on`)
    expect(enabled.output).toMatch(/^allowed .* agent identity "weather-agent"$/m)
  })

  it('lets an agent in again only with tokens issued five minutes after the cut-off or later, and says how many seconds are left until then', async () => {
    const sinceNow = { agent: agentId, issuedBefore: new Date().toISOString() }
    const data = { 'deny-list.json': JSON.stringify([{ agent: agentId }, sinceNow]) }
    const configMap = { metadata: { name: 'denied' }, data }
    writeFileSync(join(three.workplace.folder, 'kubectl.configmap'), JSON.stringify(configMap))
    const enable = async () => (await three.run('enable --agent weather-agent --deny-list')).output
    const [, left] = / on, which is in (\d+) s: until then/.exec(await enable()) ?? []
    expect(Number(left)).toBeGreaterThan(290)
    expect(Number(left)).toBeLessThanOrEqual(301)
    three.workplace.pass(Number(left))
    expect(await enable()).toMatch(/issued from \S+ on\.$/m)
  })

  it('without a deny list is proven to stop new tokens, and says until when earlier tokens live', async () => {
    const { code, output } = await three.run('disable --agent weather-agent --prove', ...three.urlOptions)
    expect(output).toMatch(/The earlier token lives until \d{4}-\d\d-\d\dT/)
    expect(output).toMatch(/call with an earlier token +(\d+) of \1 /)
    expect(output).toMatch(/^proven .*\n +No new token\.$/m)
    expect(code).toBe(0)
  })

  // biome-ignore format: table
  it.each([
    ['the deny list is not there', '--deny-list other', '[]', 'No pod here mounts the ConfigMap other'],
    ['the deny list cannot be read', '--deny-list', '[{"agent":"everybody"}]', 'so it is left as it is: Row 1 of the deny list is not understood.'],
    ['the pods cannot be reached', '--prove', '[]', 'get pods,configmaps'],
  ])('still disables the agent at Entra if %s, and reports the fault', async (_what, options, list, told) => {
    writeFileSync(join(three.workplace.folder, 'kubectl'), `#!/bin/sh\n${kubectlScript.replace('*"get pods"*', '*"get pods --"*')}`)
    const configMap = { metadata: { name: 'denied' }, data: { 'deny-list.json': list } }
    writeFileSync(join(three.workplace.folder, 'kubectl.configmap'), JSON.stringify(configMap))
    const { code, output } = await three.run(`disable --agent weather-agent ${options}`, ...(options.includes('--deny-list') ? three.urlOptions : []))
    expect(output).toMatch(/disabled +.* agent identity "weather-agent"/)
    expect(output).toContain('Tokens issued before stay valid')
    expect(output).toContain(told)
    expect(code).toBe(1)
  })

  it.each([
    ['--deny-list', /^accepted .*\n +The API still accepted an earlier token/m],
    ['--deny-list --prove', /^not proven .*\n +The API still accepted an earlier token/m],
  ])(
    'says that the API accepts what the list denies, if it does not see the list (%s), and ends with exit code 1',
    async (options, told) => {
      writeFileSync(
        join(three.workplace.folder, 'kubectl'),
        `#!/bin/sh\n${kubectlScript.replace('"$0.configmap" "$0.list"', '"$0.configmap" /dev/null')}`,
      )
      const { code, output } = await three.run(
        `disable --agent weather-agent --wait 3 ${options}`,
        ...three.urlOptions,
      )
      expect(output).toMatch(/^denied .* agent identity "weather-agent"$/m)
      expect(output).toMatch(told)
      expect(output).not.toContain('refuses')
      expect(code).toBe(1)
    },
  )

  it('again is proven with the token that the sidecar has still, and says so where it has none', async () => {
    const command = `disable --agent weather-agent --deny-list --prove ${waitOptions}`
    await three.run(command, ...three.urlOptions)
    const again = await three.run(command, ...three.urlOptions)
    expect(again.output).toContain('The receipt says that it was off already.')
    expect(again.output).toMatch(
      /new token, past the sidecar’s cache +0 of \d+ +never +\d+\.\d\d +AADSTS7000112\n/,
    )
    expect(again.output).toMatch(/^proven .*\n +No new token, and no call with an earlier one\.$/m)
    expect(again.code).toBe(0)
    await three.stack.stop('sidecar')
    await three.stack.start('sidecar')
    const without = await three.run(command, ...three.urlOptions)
    expect(without.output).toMatch(
      /^not measured .*\n +Whether the API refuses earlier tokens: it was not called\./m,
    )
    expect(without.output).toMatch(
      /No call with an earlier token was measured: the sidecar gave none \(AADSTS7000112\)/,
    )
    expect(without.output).not.toMatch(/format| -\d/)
    expect(without.code).toBe(1)
  })

  it.each([
    ['a proof of several agents', '--prove', '--agent weather-agent or alerts-agent or trainee'],
    ['a URL that is not of http', '--prove --api localhost:8080', '--api must be an http or https URL'],
  ])('refuses options with %s before anything is switched off', async (_what, options, told) => {
    const { code, output, said } = await three.run(`disable ${options}`)
    expect([code, output]).toEqual([2, ''])
    expect(said).toContain(told)
  })
})
