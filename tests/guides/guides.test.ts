import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { runAws } from '../../scripts/aws/command.ts'
import { AwsAccount } from '../aws/support/aws-account.ts'
import { Rendering, run } from '../chart/support/render.ts'
import { lacks, needs } from '../support/programs.ts'
import { commandsOf, readGuide } from './commands.ts'

const guides = ['aks.md', 'eks.md', 'local-with-real-entra.md', 'clean-up.md']

/** Who runs commands that begin so. */
const runners: readonly (readonly [begin: string, where: string])[] = [
  ['npm run aws --', 'here, at moto'],
  ['helm install', 'here, as helm template'],
  ['npm run doctor --', 'tests/doctor/kube.test.ts'],
  ['npm run entra --', 'tests of the Entra commands'],
  ['npx node --env-file=.env', 'tests/guides/local.test.ts'],
  ['npm run build:page && npx node --env-file=.env', 'tests/guides/local.test.ts; make test builds the page'],
  ['helm test', 'tests/cluster/lifecycle.test.ts'],
  ['helm uninstall', 'tests/cluster/lifecycle.test.ts'],
  ['kubectl apply -f k8s/namespace.yaml', 'tests/cluster, in namespaces of their own'],
  ['kubectl delete namespace', 'tests/cluster, in namespaces of their own'],
  ['kubectl -n agents port-forward service/demo-agent 3001', 'tests/cluster/page.test.ts'],
]

describe('The guides', () => {
  it.each(guides)('show no command in %s that nobody runs, unless they say so', guide => {
    const commands = commandsOf(guide)
    expect(commands.length).toBeGreaterThan(3)
    const unknown = commands
      .filter(({ isMarked }) => !isMarked)
      .map(({ words }) => words.join(' '))
      .filter(command => !runners.some(([begin]) => command.startsWith(begin)))
    expect(unknown).toEqual([])
  })
})

describe('The installations of the guides', () => {
  needs('helm')

  it.each(['aks.md', 'eks.md'])(
    'install what they promise with the values of %s: no stored secret',
    async guide => {
      const folder = await mkdtemp(join(tmpdir(), 'guide-'))
      const mine = join(folder, 'mine.yaml')
      const [, values = ''] = /```yaml\n(# mine\.yaml.*?)```/s.exec(readGuide(guide)) ?? []
      await writeFile(mine, values)
      const [install] = commandsOf(guide).filter(({ words }) => words[1] === 'install')
      const args = (install?.words ?? []).slice(2).map(word => (word === 'mine.yaml' ? mine : word))
      const rendering = new Rendering(await run('helm', ['template', ...args, '--kube-version', '1.37.0']))
      await rm(folder, { recursive: true })
      expect(rendering.find('ServiceAccount', 'demo-agent')).toBeDefined()
      expect(rendering.settings('demo-agent', 'agent')['AWS_ROLE_ARN']).toBe(
        'arn:aws:iam::123456789012:role/entra-bedrock-agent',
      )
      expect(rendering.ofKind('Secret')).toEqual([])
    },
  )
})

describe('The AWS commands of the guides', () => {
  needs('python')

  let account: AwsAccount
  beforeAll(async () => {
    if (!lacks('python')) account = await AwsAccount.start()
  })
  afterAll(() => account?.[Symbol.asyncDispose]())
  beforeEach(async () => {
    await account.reset()
    for (const [name, value] of Object.entries(account.environment)) vi.stubEnv(name, value)
  })

  it.each([['aks.md'], ['eks.md']])('of %s set up what those of the clean-up take away', async guide => {
    const folder = await mkdtemp(join(tmpdir(), 'guide-'))
    const printed: string[] = []
    const said: string[] = []
    const world = {
      env: process.env,
      print: (line: string) => printed.push(line),
      say: (line: string) => said.push(line),
      ask: async () => false,
    }
    const aws = [...commandsOf(guide), ...commandsOf('clean-up.md')]
      .map(({ words }) => words)
      .filter(words => words.slice(0, 3).join(' ') === 'npm run aws')
      // Pod Identity is the other way to the same role: not both at once.
      .filter(words => !words.includes('--pod-identity'))
      .map(words => [...words.slice(4), '--receipt', join(folder, 'receipt.json')])
    expect(aws.map(([command]) => command)).toEqual(['apply', 'destroy', 'destroy'])
    for (const args of aws) expect([args, await runAws(args, world), said]).toEqual([args, 0, []])
    expect(printed.join('\n')).toContain('roleArn: arn:aws:iam::123456789012:role/entra-bedrock-agent')
    await rm(folder, { recursive: true })
  })

  it('of Pod Identity give the values that the chart wants', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'guide-'))
    const [podIdentity] = commandsOf('eks.md').filter(({ words }) => words.includes('--pod-identity'))
    const args = (podIdentity?.words ?? []).slice(4, -1)
    const printed: string[] = []
    const world = {
      env: process.env,
      print: (line: string) => printed.push(line),
      say: () => {},
      ask: async () => false,
    }
    expect(await runAws([...args, join(folder, 'receipt.json')], world)).toBe(0)
    expect(printed.join('\n')).toContain('auth: podIdentity')
    await rm(folder, { recursive: true })
  })
})
