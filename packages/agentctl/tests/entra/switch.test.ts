import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import type { Receipt } from '../../src/entra/receipt.ts'
import type { Fate, GraphCall } from './support/faulty-graph.ts'
import { type Scenes, useSetUp } from './support/tenant.ts'

const names = ['one', 'two', 'three'] as const
const tenant = useSetUp(`apply ${names.map(name => `--agent ${name}`).join(' ')}`)
const { run, show, idOf, content, quietly, treat, expectScenes } = tenant

const areOn = () =>
  names.map(
    name => content().servicePrincipals.find(({ id }) => id === idOf(`agent/${name}`))?.accountEnabled,
  )
const showOn = () =>
  `enabled: ${areOn()}\noff by the receipt: ${tenant.workplace.receipt.disabledAgents.toSorted()}`
const isSwitching =
  (name: string) =>
  ({ method, path }: GraphCall) =>
    method === 'PATCH' && path.startsWith(`/v1.0/servicePrincipals/${idOf(`agent/${name}`)}/`)
const isListing = ({ method, path }: GraphCall) =>
  method === 'GET' && path === '/v1.0/servicePrincipals/microsoft.graph.agentIdentity'
const changeReceipt = (change: (receipt: Receipt) => object) => () => {
  const { receipt, receiptPath } = tenant.workplace
  writeFileSync(receiptPath, JSON.stringify({ ...receipt, ...change(receipt) }))
}
/** The receipt has no id of agent two, and does not know agent three. */
const forget = changeReceipt(({ settings, objects }) => {
  const { 'agent/two': _two, 'agent/three': _three, ...others } = objects
  return { settings: { ...settings, agents: ['one', 'two'] }, objects: others }
})
const until = (check: () => void) => vi.waitFor(check, { timeout: 20_000 })

/** `disable` while Graph does not answer these calls; the answers are lost when the other agents are off. */
const disableWhileHeld = (isMeant: (call: GraphCall) => boolean, on: readonly boolean[]) => async () => {
  const fate = Promise.withResolvers<Fate>()
  tenant.graph.decide = call => (isMeant(call) ? fate.promise : 'pass')
  const running = show('disable')
  await until(() => expect(areOn()).toEqual(on))
  fate.resolve('lose')
  return running
}

// biome-ignore format: table
const scenes: Scenes = [
  ['`disable` switches the others off if Graph refuses one of them', treat('forbid', isSwitching('two')), 'disable --wait 20', showOn],
  ['`disable` switches the others off if Graph fails for one of them', treat('fail', isSwitching('two')), 'disable --wait 20', showOn],
  ['`disable` switches the others off while Graph does not answer for the first one', disableWhileHeld(isSwitching('one'), [true, false, false])],
  ['`disable` does not wait for the list of the blueprint’s agents, and says if Graph does not show it', disableWhileHeld(isListing, [false, false, false])],
  ['`disable` names an agent that the receipt has no id of, and agents of the blueprint that the receipt does not know', forget, 'disable'],
  ['`disable` switches nothing off and says so if the receipt has no agent’s id', changeReceipt(() => ({ objects: {} })), 'disable'],
  ['`disable` again says that they were off already', quietly('disable --agent one'), 'disable'],
  ['`disable` prints the outcomes as JSON, also if one fails', treat('forbid', isSwitching('two')), 'disable --json'],
  ['`disable` refuses a proof of several agents, and a URL that is not of http, before it switches anything off', 'disable --prove', 'disable --agent one --prove --api localhost:8080', showOn],
  ['`enable` switches the others on if Graph refuses one of them', quietly('disable'), treat('forbid', isSwitching('one')), 'enable --json', showOn],
]

it('three agents are switched side by side, and each outcome is told', () => expectScenes('switch', scenes))

const file = (name: string) => join(tenant.workplace.folder, `kubectl.${name}`)

/** Stands in for kubectl. Calls that contain the text never end until there is a file `go`; all others answer as a cluster with a release. */
function hangKubectl(text: string): void {
  const pod = (component: string) => ({
    kind: 'Pod',
    metadata: {
      name: component,
      namespace: 'agents',
      labels: { 'app.kubernetes.io/component': component, 'app.kubernetes.io/instance': 'demo' },
    },
    spec: { containers: [], volumes: [{ name: 'deny-list', configMap: { name: 'denied' } }] },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  })
  writeFileSync(file('pods'), JSON.stringify({ items: [pod('agent'), pod('weather-api')] }))
  const script = `
case "$*" in
  *"${text}"*) echo x >> "$0.hung"; until [ -e "$0.go" ]; do sleep 0.05; done; exit 1 ;;
  *"get pods"*) cat "$0.pods" ;;
  *replace*|*create*) cat > "$0.configmap" ;;
esac`
  tenant.workplace.standIn('kubectl', script)
}

/** A command that tells Entra, and writes these files, while calls of kubectl hang. */
const runWhileHung =
  (text: string, line: string, ...written: readonly string[]) =>
  async () => {
    hangKubectl(text)
    const running = show(line)
    await until(() => {
      expect(areOn()).toEqual(line.includes('--agent one') ? [false, true, true] : [false, false, false])
      for (const name of ['hung', ...written]) expect(existsSync(file(name))).toBe(true)
    })
    writeFileSync(file('go'), '')
    return running
  }

// biome-ignore format: table
const hanging: Scenes = [
  ['kubectl never answers', runWhileHung('', 'disable --deny-list')],
  ['kubectl never answers the proof', runWhileHung('', 'disable --agent one --prove')],
  ['kubectl never answers the proof with a deny list', runWhileHung('', 'disable --agent one --prove --deny-list')],
  ['the port-forward never prints; the deny list is changed, too. Without a proof, measuring was not asked for', runWhileHung('port-forward', 'disable --deny-list', 'configmap'), () => readFileSync(file('configmap'), 'utf8')],
]

it('Entra is told while kubectl hangs', () => expectScenes('kubectl-silent', hanging))

it.each(['deny-list', 'prove'])('Entra is told while the sidecar never answers (--%s)', async option => {
  hangKubectl('nothing')
  let asked = 0
  const server = createServer(() => void asked++).listen(0)
  const url = `http://localhost:${(server.address() as AddressInfo).port}`
  const running = run(`disable --agent one --${option} --wait 1 --sidecar ${url} --api ${url}`)
  await until(() => {
    expect(areOn()).toEqual([false, true, true])
    expect(asked).toBeGreaterThan(0)
  })
  server.on('request', (_, response) => response.destroy()).closeAllConnections()
  const { code, output } = await running
  server.close()
  expect(output).toMatch(/^not (measured +\S+ API|proven +\S+ proof): agent identity "one"$/m)
  expect(code).toBe(option === 'prove' ? 1 : 0)
})
