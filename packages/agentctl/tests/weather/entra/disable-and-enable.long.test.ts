import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { identities } from '../../../../../tests/support/identities.ts'
import { kubectlScript, useThreeAgents } from './support/three-agents.ts'

const { agentId: agent } = identities

/** Long enough for the API to read its deny list: in these tests the command's waits take no time. */
const waitOptions = '--wait 9999'

describe('the kill switch', () => {
  const three = useThreeAgents()
  const file = (name: string) => join(three.workplace.folder, name)
  const run = (line: string) => three.run(`${line} --agent weather-agent`)
  const measure = (line: string) => three.run(`${line} --agent weather-agent`, ...three.urlOptions)
  const writeList = (list: string) =>
    writeFileSync(
      file('kubectl.configmap'),
      JSON.stringify({
        metadata: { name: 'denied', resourceVersion: '7' },
        data: { 'deny-list.json': list },
      }),
    )
  beforeEach(() => three.useToken(agent))

  it('with a deny list is proven to stop new and earlier tokens, while two other agents go on', async () => {
    const { code, output } = await measure(`disable --prove --deny-list ${waitOptions}`)
    expect(output).toMatch(/new token, past the sidecar’s cache .* AADSTS7000112\n/)
    expect(output).toMatch(/call with an earlier token .* 403 deny-list\n/)
    for (const name of ['alerts-agent', 'trainee'])
      expect(output).toMatch(new RegExp(`control "${name}" +(\\d+) of \\1 `))
    expect(output).toMatch(/^proven .*\n +No new token, and no call with an earlier one\.$/m)
    expect(output).toMatch(
      /^refused .*\n +The API refuses an earlier token from \d+\.\d\d s after Enter on\. \(403 deny-list\)$/m,
    )
    expect(output).not.toContain('eyJ')
    expect(code).toBe(0)
    expect(three.rows).toEqual([{ agent }, { agent, issuedBefore: expect.any(String) }])
    expect(readFileSync(file('kubectl.touched'), 'utf8')).toMatch(/annotate pods api-0 .*--overwrite/)
  })

  it('with a deny list reports how long the API took to refuse tokens, and lets the agent in again, but not with its earlier tokens', async () => {
    const others = [{ uti: 'stolen' }]
    writeList(JSON.stringify(others))
    const { code, output } = await measure(`disable --deny-list denied ${waitOptions}`)
    expect(output).toMatch(/^denied .*\n +In the ConfigMap denied, which 1 pods mount/m)
    expect(output).toMatch(/^refused .*\n +The API refuses an earlier token from \d+\.\d\d s after Enter on/m)
    expect(code).toBe(0)
    const [, , cutOff = {}] = three.rows
    expect(three.rows).toEqual([...others, { agent }, cutOff])

    const enabled = await run('enable --deny-list')
    expect(enabled.code).toBe(0)
    expect(three.rows).toEqual([...others, cutOff])
    const from = new Date(Date.parse(cutOff['issuedBefore'] ?? '') + 300_000).toISOString()
    expect(enabled.output).toContain(`issued from ${from} on`)
    expect(enabled.output).toMatch(/^allowed .* agent identity "weather-agent"$/m)
  })

  it('lets an agent in again only with tokens issued five minutes after the cut-off or later, and says how many seconds are left until then', async () => {
    writeList(JSON.stringify([{ agent }, { agent, issuedBefore: new Date().toISOString() }]))
    const enable = async () => (await run('enable --deny-list')).output
    const [, left] = / on, which is in (\d+) s: until then/.exec(await enable()) ?? []
    expect(Number(left)).toBeGreaterThan(290)
    expect(Number(left)).toBeLessThanOrEqual(301)
    three.workplace.pass(Number(left))
    expect(await enable()).toMatch(/issued from \S+ on\.$/m)
  })

  it('without a deny list is proven to stop new tokens, and says until when earlier tokens live', async () => {
    const { code, output } = await measure('disable --prove')
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
  ])('still disables the agent at Entra if %s, and reports the fault', async (_what, options, list, words) => {
    writeFileSync(file('kubectl'), `#!/bin/sh\n${kubectlScript.replace('*"get pods"*', '*"get pods --"*')}`)
    writeList(list)
    const { code, output } = await (options === '--prove' ? run : measure)(`disable ${options}`)
    expect(output).toMatch(/disabled +.* agent identity "weather-agent"/)
    expect(output).toContain('Tokens issued before stay valid')
    expect(output).toContain(words)
    expect(code).toBe(1)
  })

  it.each([
    ['--deny-list', /^accepted .*\n +The API still accepted an earlier token/m],
    ['--deny-list --prove', /^not proven .*\n +The API still accepted an earlier token/m],
  ])(
    'says that the API accepts what the list denies, if it does not see the list (%s), and ends with exit code 1',
    async (options, words) => {
      const blind = kubectlScript.replace('"$0.configmap" "$0.list"', '"$0.configmap" /dev/null')
      writeFileSync(file('kubectl'), `#!/bin/sh\n${blind}`)
      const { code, output } = await measure(`disable --wait 3 ${options}`)
      expect(output).toMatch(/^denied .* agent identity "weather-agent"$/m)
      expect(output).toMatch(words)
      expect(output).not.toContain('refuses')
      expect(code).toBe(1)
    },
  )

  it('again is proven with the token that the sidecar has still, and says so where it has none', async () => {
    const disable = () => measure(`disable --deny-list --prove ${waitOptions}`)
    await disable()
    const again = await disable()
    expect(again.output).toContain('The receipt says that it was off already.')
    expect(again.output).toMatch(
      /new token, past the sidecar’s cache +0 of \d+ +never +\d+\.\d\d +AADSTS7000112\n/,
    )
    expect(again.output).toMatch(/^proven .*\n +No new token, and no call with an earlier one\.$/m)
    expect(again.code).toBe(0)
    await three.stack.stop('sidecar')
    await three.stack.start('sidecar')
    const { code, output } = await disable()
    expect(output).toMatch(/^not measured .*\n +Whether the API refuses earlier tokens: it was not called\./m)
    expect(output).toContain('was measured: the sidecar gave none (AADSTS7000112)')
    expect(code).toBe(1)
  })

  it.each([
    ['a proof of several agents', '--prove', '--agent weather-agent or alerts-agent or trainee'],
    ['a URL that is not of http', '--prove --api localhost:8080', '--api must be an http or https URL'],
  ])('refuses options with %s before anything is switched off', async (_what, options, words) => {
    const { code, output, said } = await three.run(`disable ${options}`)
    expect([code, output]).toEqual([2, ''])
    expect(said).toContain(words)
  })
})
