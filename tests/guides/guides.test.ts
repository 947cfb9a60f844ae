import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { render } from '../aws/support/aws-account.ts'
import { Rendering, run } from '../chart/support/render.ts'
import { needs } from '../support/programs.ts'
import { commandsOf, readGuide } from './commands.ts'

const guides = ['aks.md', 'eks.md', 'local-with-real-entra.md', 'clean-up.md']

/** Who runs commands that begin so. */
const runners: readonly (readonly [begin: string, where: string])[] = [
  ['aws cloudformation', 'tests/aws: what the template makes'],
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
      const [, values = ''] = /```yaml\n(# mine\.yaml.*?)```/s.exec(readGuide(guide)) ?? []
      await writeFile(join(folder, 'mine.yaml'), values)
      const Issuer = 'https://issuer.example'
      const { outputs } = render({ Issuer, ModelId: 'eu.anthropic.claude-haiku-5-5' })
      await writeFile(join(folder, 'aws.yaml'), outputs['ChartValues'] ?? '')
      const [install] = commandsOf(guide).filter(({ words }) => words[1] === 'install')
      const args = (install?.words ?? [])
        .slice(2)
        .map(word => (/^(mine|aws)\.yaml$/.test(word) ? join(folder, word) : word))
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
