import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from 'vitest'
import { seedIds } from '../../../../../../emulators/entra/src/testing/seed-ids.ts'
import { identities } from '../../../../../../tests/support/identities.ts'
import { postJson } from '../../../../../../tests/support/post-json.ts'
import { receiptOf } from '../../../../../../tests/support/receipt.ts'
import { Stack } from '../../../../../../tests/weather/support/stack.ts'
import { graphToken, Workplace } from '../../../entra/support/workplace.ts'

const { agentId, alertsAgentId, traineeAgentId } = identities
const weatherPath = '/weather?city=Dallas'

/** A script in place of kubectl: its cluster has one ConfigMap, and mounts every change in the weather API's pod at once. */
export const kubectlScript = `
case "$*" in
  *"get pods"*) cat "$0.pods" ;;
  *"get configmap"*) cat "$0.configmap" 2>/dev/null || true ;;
  *replace*|*create*) cat > "$0.configmap" && node -e '
    const { data } = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"))
    require("fs").writeFileSync(process.argv[2], data["deny-list.json"])' "$0.configmap" "$0.list" ;;
  *annotate*) echo "$*" >> "$0.touched" ;;
  *) echo "unexpected: $*" >&2; exit 1 ;;
esac`

const receipt = receiptOf({
  'weather-agent': agentId,
  'alerts-agent': alertsAgentId,
  trainee: traineeAgentId,
})

/**
 * Three agents that may call a weather API with a deny list, and the command line that disables and enables them. Before each
 * test, they are enabled and the deny list is empty.
 */
export function useThreeAgents() {
  let workplace: Workplace
  let stack: Stack
  const listPath = () => join(workplace.folder, 'kubectl.list')

  beforeAll(async () => {
    stack = await Stack.start({}, ['entra', 'sidecar'])
    const { weatherPrincipal: resourceId, weatherReadAllRole: appRoleId } = seedIds
    const token = await graphToken({ url: stack.entraUrl })
    for (const principalId of [alertsAgentId, traineeAgentId]) {
      const role = { principalId, resourceId, appRoleId }
      const url = `${stack.entraUrl}/v1.0/servicePrincipals/${principalId}/appRoleAssignments`
      expect((await postJson(url, role, { token })).status).toBe(201)
    }
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
    vi.stubEnv('PATH', `${workplace.writeCommand('kubectl', kubectlScript)}:${process.env['PATH']}`)
    writeFileSync(listPath(), '[]')
    await stack.start('weather', {
      AGENT_CLIENT_ID: [agentId, alertsAgentId, traineeAgentId].join(),
      WEATHER_DENY_LIST: listPath(),
    })
  })
  afterEach(async () => {
    await workplace.run('enable')
    await stack.stop('weather')
    workplace[Symbol.dispose]()
    vi.unstubAllEnvs()
  })
  return {
    run: (line: string, ...options: readonly string[]) => workplace.run(line, ...options),
    /** Makes the sidecar get a token for an agent, which it keeps. */
    useToken: async (agent: string) => {
      const url = `${stack.sidecarUrl}/AuthorizationHeaderUnauthenticated/weatherApp?AgentIdentity=${agent}`
      expect((await fetch(url)).status).toBe(200)
    },
    get workplace() {
      return workplace
    },
    get stack() {
      return stack
    },
    /** The options that name the URLs of sidecar and API. */
    get urlOptions() {
      return ['--sidecar', stack.sidecarUrl, '--api', `${stack.weatherUrl}${weatherPath}`]
    },
    /** The rows of the deny list. */
    get rows(): readonly Readonly<Record<string, string>>[] {
      return JSON.parse(readFileSync(listPath(), 'utf8'))
    },
  }
}
