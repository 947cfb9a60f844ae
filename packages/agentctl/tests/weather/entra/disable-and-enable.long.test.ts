import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { seedIds } from '../../../../../emulators/entra/src/testing/seed-ids.ts'
import { forFile } from '../../../../../tests/support/for-file.ts'
import { identities } from '../../../../../tests/support/identities.ts'
import { postJson } from '../../../../../tests/support/post-json.ts'
import { receiptOf } from '../../../../../tests/support/receipt.ts'
import { Stack } from '../../../../../tests/weather/support/stack.ts'
import { graphToken, Workplace } from '../../entra/support/workplace.ts'

const { agentId: agent, alertsAgentId, traineeAgentId } = identities
const agentIds = [agent, alertsAgentId, traineeAgentId]
const receipt = receiptOf({ 'weather-agent': agent, 'alerts-agent': alertsAgentId, trainee: traineeAgentId })

/** Long enough for the API to read its deny list: in these tests the command's waits take no time. */
const waitOptions = '--wait 9999'

/** A script in place of kubectl: its cluster has one ConfigMap, and mounts every change in the weather API's pod at once. */
const kubectlScript = `
case "$*" in
  *"get pods"*) cat "$0.pods" ;;
  *"get configmap"*) cat "$0.configmap" 2>/dev/null || true ;;
  *replace*|*create*) cat > "$0.configmap" && node -e '
    const { data } = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"))
    require("fs").writeFileSync(process.argv[2], data["deny-list.json"])' "$0.configmap" "$0.list" ;;
  *annotate*) echo "$*" >> "$0.touched" ;;
  *) echo "unexpected: $*" >&2; exit 1 ;;
esac`

const stack = await forFile(Stack.start({}, ['entra', 'sidecar']))
const graph = await graphToken({ url: stack.entraUrl })
let workplace: Workplace
const file = (name: string) => join(workplace.folder, name)
/** The rows of the deny list. */
const rows = () => JSON.parse(readFileSync(file('kubectl.list'), 'utf8'))
const run = (line: string, ...options: readonly string[]) =>
  workplace.run(`${line} --agent weather-agent`, ...options)
const measure = (line: string) =>
  run(line, '--sidecar', stack.sidecarUrl, '--api', `${stack.weatherUrl}/weather?city=Dallas`)
const writeList = (list: string) => {
  const metadata = { name: 'denied', resourceVersion: '7' }
  writeFileSync(file('kubectl.configmap'), JSON.stringify({ metadata, data: { 'deny-list.json': list } }))
}

for (const principalId of agentIds.slice(1)) {
  const role = { principalId, resourceId: seedIds.weatherPrincipal, appRoleId: seedIds.weatherReadAllRole }
  const url = `${stack.entraUrl}/v1.0/servicePrincipals/${principalId}/appRoleAssignments`
  expect((await postJson(url, role, { token: graph })).status).toBe(201)
}
// Three agents may call the API, its deny list is empty, and the sidecar has a token of the first agent.
beforeEach(async () => {
  workplace = new Workplace(stack.entraUrl, graph)
  writeFileSync(workplace.receiptPath, JSON.stringify(receipt))
  const spec = { volumes: [{ name: 'deny-list', configMap: { name: 'denied' } }] }
  writeFileSync(file('kubectl.pods'), JSON.stringify({ items: [{ metadata: { name: 'api-0' }, spec }] }))
  workplace.standIn('kubectl', kubectlScript)
  writeFileSync(file('kubectl.list'), '[]')
  await stack.start('weather', {
    AGENT_CLIENT_ID: agentIds.join(),
    WEATHER_DENY_LIST: file('kubectl.list'),
  })
  const url = `${stack.sidecarUrl}/AuthorizationHeaderUnauthenticated/weatherApp?AgentIdentity=${agent}`
  expect((await fetch(url)).status).toBe(200)
  return async () => {
    await workplace.run('enable')
    await stack.stop('weather')
    workplace[Symbol.dispose]()
  }
})

describe('the kill switch', () => {
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
    expect(rows()).toEqual([{ agent }, { agent, issuedBefore: expect.any(String) }])
    expect(readFileSync(file('kubectl.touched'), 'utf8')).toMatch(/annotate pods api-0 .*--overwrite/)
  })

  it('with a deny list reports how long the API took to refuse tokens, and lets the agent in again, but not with its earlier tokens', async () => {
    const others = [{ uti: 'stolen' }]
    writeList(JSON.stringify(others))
    const { code, output } = await measure(`disable --deny-list denied ${waitOptions}`)
    expect(output).toMatch(/^denied .*\n +In the ConfigMap denied, which 1 pods mount/m)
    expect(output).toMatch(/^refused .*\n +The API refuses an earlier token from \d+\.\d\d s after Enter on/m)
    expect(code).toBe(0)
    const [, , cutOff = {}] = rows()
    expect(rows()).toEqual([...others, { agent }, cutOff])

    const enabled = await run('enable --deny-list')
    expect(enabled.code).toBe(0)
    expect(rows()).toEqual([...others, cutOff])
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
    workplace.pass(Number(left))
    expect(await enable()).toMatch(/issued from \S+ on\.$/m)
  })

  // biome-ignore format: table
  it.each([
    ['the deny list is not there', '--deny-list other', '[]', 'No pod here mounts the ConfigMap other'],
    ['the deny list cannot be read', '--deny-list', '[{"agent":"everybody"}]', 'so it is left as it is: Row 1 of the deny list is not understood.'],
    ['the pods cannot be reached', '--prove', '[]', 'get pods,configmaps'],
  ])('still disables the agent at Entra if %s, and reports the fault', async (_what, options, list, words) => {
    workplace.standIn('kubectl', kubectlScript.replace('*"get pods"*', '*"get pods --"*'))
    writeList(list)
    const { code, output } = await (options === '--prove' ? run : measure)(`disable ${options}`)
    expect(output).toMatch(/disabled +.* agent identity "weather-agent"/)
    expect(output).toContain('Tokens issued before stay valid')
    expect(output).toContain(words)
    expect(code).toBe(1)
  })

  it('says that the API accepts what the list denies, if it does not see the list, and ends with exit code 1', async () => {
    workplace.standIn(
      'kubectl',
      kubectlScript.replace('"$0.configmap" "$0.list"', '"$0.configmap" /dev/null'),
    )
    const { code, output } = await measure('disable --wait 3 --deny-list')
    expect(output).toMatch(/^denied .* agent identity "weather-agent"$/m)
    expect(output).toMatch(/^accepted .*\n +The API still accepted an earlier token/m)
    expect(output).not.toContain('refuses')
    expect(code).toBe(1)
  })
})
