import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Fate } from './support/faulty-graph.ts'
import { useSetUp } from './support/tenant.ts'

const names = ['one', 'two', 'three'] as const
const tenant = useSetUp(`apply ${names.map(name => `--agent ${name}`).join(' ')}`)
const { run, show, idOf, content, expectShown, expectGolden } = tenant

const areOn = () =>
  names.map(
    name => content().servicePrincipals.find(({ id }) => id === idOf(`agent/${name}`))?.accountEnabled,
  )

/** Decides about each PATCH of one agent; all other calls pass. */
function treat(name: string, fate: Fate | Promise<Fate>): void {
  const agentPath = `/v1.0/servicePrincipals/${idOf(`agent/${name}`)}/`
  tenant.graph.decide = ({ method, path }) =>
    method === 'PATCH' && path.startsWith(agentPath) ? fate : 'pass'
}

const until = (check: () => void) => vi.waitFor(check, { timeout: 20_000 })

describe('`disable` of three agents', () => {
  it.each<Fate>(['forbid', 'fail'])(
    'switches the others off if Graph answers for one of them with `%s`, and says which one is on',
    async fate => {
      treat('two', fate)
      await expectShown(`disable-with-${fate}`, 'disable --wait 20')
      expect(areOn()).toEqual([false, true, false])
      expect(tenant.workplace.receipt.disabledAgents.toSorted()).toEqual(['one', 'three'])
    },
  )

  it('switches the others off while Graph does not answer for the first one', async () => {
    const fate = Promise.withResolvers<Fate>()
    treat('one', fate.promise)
    const running = show('disable')
    await until(() => expect(areOn()).toEqual([true, false, false]))
    fate.resolve('lose')
    await expectGolden('disable-without-answer', await running)
  })

  it('names an agent that the receipt has no id of, and agents of the blueprint that the receipt does not know', async () => {
    const { receipt } = tenant.workplace
    const { 'agent/two': _two, 'agent/three': _three, ...objects } = receipt.objects
    const settings = { ...receipt.settings, agents: ['one', 'two'] }
    writeFileSync(tenant.workplace.receiptPath, JSON.stringify({ ...receipt, settings, objects }))
    await expectShown('disable-unknown', 'disable')
  })

  it('switches nothing off and says so with exit code 1 if the receipt has no agent’s id', async () => {
    const { receipt } = tenant.workplace
    writeFileSync(tenant.workplace.receiptPath, JSON.stringify({ ...receipt, objects: {} }))
    await expectShown('disable-nothing', 'disable')
  })

  it('does not wait for the list of the blueprint’s agents, and says if Graph does not show it', async () => {
    const fate = Promise.withResolvers<Fate>()
    tenant.graph.decide = ({ method, path }) =>
      method === 'GET' && path === '/v1.0/servicePrincipals/microsoft.graph.agentIdentity'
        ? fate.promise
        : 'pass'
    const running = show('disable')
    await until(() => expect(areOn()).toEqual([false, false, false]))
    fate.resolve('lose')
    await expectGolden('disable-without-list', await running)
  })

  it('again says that they were off already', async () => {
    await run('disable --agent one')
    await expectShown('disable-again', 'disable')
  })

  it('prints the outcomes as JSON, also if one fails', async () => {
    treat('two', 'forbid')
    await expectShown('disable-json', 'disable --json')
  })
})

it('`enable` of three agents switches the others on if Graph refuses one of them, as text and as JSON', async () => {
  await run('disable')
  treat('one', 'forbid')
  await expectShown('enable-json', 'enable --json')
  expect(areOn()).toEqual([false, true, true])
  expect(tenant.workplace.receipt.disabledAgents).toEqual(['one'])
})

describe('Entra is told while', () => {
  /** Stands in for kubectl. Calls that contain the text never end until `letGo`; all others answer as a cluster with a release. */
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
    vi.stubEnv('PATH', `${tenant.workplace.writeCommand('kubectl', script)}:${process.env['PATH']}`)
  }
  const file = (name: string) => join(tenant.workplace.folder, `kubectl.${name}`)
  const letGo = () => writeFileSync(file('go'), '')
  beforeEach(() => () => vi.unstubAllEnvs())

  it.each([['--deny-list'], ['--agent one --prove'], ['--agent one --prove --deny-list']])(
    'kubectl never answers (%s)',
    async options => {
      hangKubectl('')
      const running = show(`disable ${options}`)
      await until(() => {
        expect(areOn()).toEqual(options.includes('--agent') ? [false, true, true] : [false, false, false])
        expect(existsSync(file('hung'))).toBe(true)
      })
      letGo()
      await expectGolden(
        `kubectl-silent${options.replaceAll(/ ?--/g, '-').replaceAll(' ', '-')}`,
        await running,
      )
    },
  )

  it('the port-forward never prints; the deny list is changed, too', async () => {
    hangKubectl('port-forward')
    const running = show('disable --deny-list')
    await until(() => {
      expect(areOn()).toEqual([false, false, false])
      expect(existsSync(file('configmap')) && existsSync(file('hung'))).toBe(true)
    })
    letGo()
    // Without a proof, measuring was not asked for.
    await expectGolden('port-forward-silent', await running)
    await expectGolden('deny-list', tenant.withNames(readFileSync(file('configmap'), 'utf8')))
  })

  it.each(['deny-list', 'prove'])('the sidecar never answers (--%s)', async option => {
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
})
