import { existsSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Fate } from './support/faulty-graph.ts'
import { useSetUp } from './support/tenant.ts'

const names = ['one', 'two', 'three'] as const
const tenant = useSetUp(`apply ${names.map(name => `--agent ${name}`).join(' ')}`)
const { run, idOf, content } = tenant

const principalOf = (name: string) =>
  content().servicePrincipals.find(({ id }) => id === idOf(`agent/${name}`))
const areOn = () => names.map(name => principalOf(name)?.accountEnabled !== false)
const patchOf = (name: string) => `/v1.0/servicePrincipals/${idOf(`agent/${name}`)}/`

/** Decides about each PATCH of one agent; all other calls pass. */
function treat(name: string, fate: Fate | Promise<Fate>): void {
  tenant.graph.decide = ({ method, path }) =>
    method === 'PATCH' && path.startsWith(patchOf(name)) ? fate : 'pass'
}

const until = (check: () => void) => vi.waitFor(check, { timeout: 20_000 })

describe('`disable` of three agents', () => {
  it.each<[Fate, string]>([
    ['forbid', 'AgentIdentity.EnableDisable.All'],
    ['fail', '503'],
  ])(
    'switches the others off if Graph answers for one of them with `%s`, and says which one is on',
    async (fate, told) => {
      treat('two', fate)
      const { code, output } = await run('disable --wait 20')
      expect(areOn()).toEqual([false, true, false])
      expect(output).toMatch(/^disabled +\S+ agent identity "one"$/m)
      expect(output).toMatch(/^disabled +\S+ agent identity "three"$/m)
      expect(output).toMatch(/^failed +\S+ agent identity "two"$/m)
      expect(output).toContain(told)
      expect(tenant.workplace.receipt.disabledAgents.toSorted()).toEqual(['one', 'three'])
      expect(code).toBe(1)
    },
  )

  it('switches the others off while Graph does not answer for the first one', async () => {
    const fate = Promise.withResolvers<Fate>()
    treat('one', fate.promise)
    const running = run('disable')
    await until(() => expect(areOn()).toEqual([true, false, false]))
    fate.resolve('lose')
    const { code, output } = await running
    expect(output).toMatch(/^failed +\S+ agent identity "one"$/m)
    expect(code).toBe(1)
  })

  it('names an agent that the receipt has no id of, and agents of the blueprint that the receipt does not know', async () => {
    const { receipt } = tenant.workplace
    const { 'agent/two': two, 'agent/three': three, ...objects } = receipt.objects
    const settings = { ...receipt.settings, agents: ['one', 'two'] }
    writeFileSync(tenant.workplace.receiptPath, JSON.stringify({ ...receipt, settings, objects }))
    const { code, output } = await run('disable')
    expect(output).toMatch(/^missing +agent identity "two"\n +The receipt knows no id of it/m)
    expect(output).toMatch(new RegExp(`^stays on +${two?.id} agent identity "two"`, 'm'))
    expect(output).toMatch(new RegExp(`^stays on +${three?.id} agent identity "three"`, 'm'))
    expect(
      content().servicePrincipals.find(({ id }) => id === receipt.objects['agent/one']?.id)?.accountEnabled,
    ).toBe(false)
    expect(code).toBe(1)
  })

  it('switches nothing off and says so with exit code 1 if the receipt has no agent’s id', async () => {
    const { receipt } = tenant.workplace
    writeFileSync(tenant.workplace.receiptPath, JSON.stringify({ ...receipt, objects: {} }))
    const { code, output } = await run('disable')
    expect(output).not.toMatch(/^disabled/m)
    expect(output).not.toContain('new token')
    expect(code).toBe(1)
  })

  it('does not wait for the list of the blueprint’s agents, and says if Graph does not show it', async () => {
    const fate = Promise.withResolvers<Fate>()
    tenant.graph.decide = ({ method, path }) =>
      method === 'GET' && path === '/v1.0/servicePrincipals/microsoft.graph.agentIdentity'
        ? fate.promise
        : 'pass'
    const running = run('disable')
    await until(() => expect(areOn()).toEqual([false, false, false]))
    fate.resolve('lose')
    const { code, output } = await running
    expect(output).toMatch(/^not evaluated +other agents of the blueprint\n +\S+ did not respond/m)
    expect(code).toBe(0)
  })

  it('again says that they were off already', async () => {
    await run('disable --agent one')
    const { code, output } = await run('disable')
    expect(output.match(/it was off already/g)).toHaveLength(1)
    expect(code).toBe(0)
  })

  it('prints the outcomes as JSON, also if one fails', async () => {
    treat('two', 'forbid')
    const { code, output } = await run('disable --json')
    const { results, ...head } = JSON.parse(output)
    expect(head).toMatchObject({ version: 1, command: 'disable' })
    expect(results).toContainEqual(
      expect.objectContaining({ measure: 'Entra', result: 'disabled', key: 'agent/one', seconds: 0 }),
    )
    expect(results).toContainEqual(
      expect.objectContaining({
        ...{ measure: 'Entra', result: 'failed', key: 'agent/two', code: 'Authorization_RequestDenied' },
        fix: expect.stringContaining('AgentIdentity.EnableDisable.All'),
      }),
    )
    expect(code).toBe(1)
  })
})

describe('`enable` of three agents', () => {
  it('switches the others on if Graph refuses one of them, as text and as JSON', async () => {
    await run('disable')
    treat('one', 'forbid')
    const { code, output } = await run('enable --json')
    expect(areOn()).toEqual([false, true, true])
    const { results } = JSON.parse(output)
    expect(results.map(({ result, key }: Record<string, string>) => [result, key]).toSorted()).toEqual([
      ['enabled', 'agent/three'],
      ['enabled', 'agent/two'],
      ['failed', 'agent/one'],
    ])
    expect(tenant.workplace.receipt.disabledAgents).toEqual(['one'])
    expect(code).toBe(1)
  })
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
    const { workplace } = tenant
    writeFileSync(
      join(workplace.folder, 'kubectl.pods'),
      JSON.stringify({ items: [pod('agent'), pod('weather-api')] }),
    )
    const script = `
case "$*" in
  *"${text}"*) echo x >> "$0.hung"; until [ -e "$0.go" ]; do sleep 0.05; done; exit 1 ;;
  *"get pods"*) cat "$0.pods" ;;
  *replace*|*create*) cat > "$0.configmap" ;;
esac`
    vi.stubEnv('PATH', `${workplace.writeCommand('kubectl', script)}:${process.env['PATH']}`)
  }
  const file = (name: string) => join(tenant.workplace.folder, `kubectl.${name}`)
  const letGo = () => writeFileSync(file('go'), '')
  beforeEach(() => () => vi.unstubAllEnvs())

  it.each([['--deny-list'], ['--agent one --prove'], ['--agent one --prove --deny-list']])(
    'kubectl never answers (%s)',
    async options => {
      hangKubectl('')
      const isMeant = options.includes('--agent') ? [false, true, true] : [false, false, false]
      const running = run(`disable ${options}`)
      await until(() => {
        expect(areOn()).toEqual(isMeant)
        expect(existsSync(file('hung'))).toBe(true)
      })
      letGo()
      const { code, output } = await running
      expect(output).toMatch(/^disabled +\S+ agent identity "one"$/m)
      expect(output).toMatch(options.includes('--prove') ? /^not proven +\S+ /m : /^not measured +\S+ /m)
      if (options.includes('--deny-list'))
        expect(output).toMatch(/^failed +\S+ deny list: agent identity "one"\n.*CLUSTER_UNREACHABLE/m)
      expect(output).not.toMatch(/refuses|no new token\./i)
      expect(code).toBe(1)
    },
  )

  it('the port-forward never prints; the deny list is changed, too', async () => {
    hangKubectl('port-forward')
    const running = run('disable --deny-list')
    await until(() => {
      expect(areOn()).toEqual([false, false, false])
      expect(existsSync(file('configmap')) && existsSync(file('hung'))).toBe(true)
    })
    letGo()
    const { code, output } = await running
    for (const name of names) {
      expect(output).toMatch(new RegExp(`^disabled +\\S+ agent identity "${name}"$`, 'm'))
      expect(output).toMatch(new RegExp(`^denied +\\S+ deny list: agent identity "${name}"$`, 'm'))
      expect(output).toMatch(new RegExp(`^not measured +\\S+ API: agent identity "${name}"$`, 'm'))
    }
    // Without a proof, measuring was not asked for.
    expect(code).toBe(0)
  })

  it.each(['--deny-list', '--prove'])('the sidecar never answers (%s)', async option => {
    hangKubectl('nothing')
    let asked = 0
    const server = createServer(() => void asked++).listen(0)
    const url = `http://localhost:${(server.address() as AddressInfo).port}`
    const running = run(`disable --agent one ${option} --wait 1 --sidecar ${url} --api ${url}`)
    await until(() => {
      expect(areOn()).toEqual([false, true, true])
      expect(asked).toBeGreaterThan(0)
    })
    server.on('request', (_, response) => response.destroy()).closeAllConnections()
    const { code, output } = await running
    server.close()
    expect(output).toMatch(/^not (measured +\S+ API|proven +\S+ proof): agent identity "one"$/m)
    expect(code).toBe(option === '--prove' ? 1 : 0)
  })
})
