import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { beforeAll, expect, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import witnesses from '../../emulators/witnesses/node/package.json' with { type: 'json' }
import manifest from '../../package.json' with { type: 'json' }
import { findFreePort } from '../support/ports.ts'
import { findProgram, needs } from '../support/programs.ts'
import { archiveOf, Project, pack, read } from './project.ts'

const blocks = [read('docs/emulators.md'), read('emulators/kit/README.md')].flatMap(page =>
  [...page.matchAll(/^```\w+\n(?:#|\/\/) (\S+?)(?:,[^\n]*)?\n(.*?)^```/gms)].map(
    ([, path = '', content = '']) => [path, content] as const,
  ),
)
const mostLines = 35
const { dependencies: bedrockClients } = JSON.parse(read('packages/bedrock-access/package.json'))

const project = new Project()

beforeAll(async () => {
  for (const [path, content] of blocks) if (!path.includes('/')) project.write(path, content)
  await project.install(archiveOf(await pack('emulators'), 'emulators'))
  expect(project.installed).toEqual(['@entra-agents'])
  await project.install(
    `vitest@${manifest.devDependencies.vitest}`,
    `@azure/msal-node@${witnesses.dependencies['@azure/msal-node']}`,
    `@aws-sdk/client-bedrock-runtime@${bedrockClients['@aws-sdk/client-bedrock-runtime']}`,
  )
}, 300_000)

it('No test of the guide is longer than a screen', () => {
  expect(blocks.map(([path]) => path)).toEqual([
    'entra.yaml',
    'gateway.test.mjs',
    'test_gateway.py',
    '.github/workflows/test.yml',
    'shop.test.mjs',
    'agent.test.mjs',
  ])
  expect(blocks.filter(([, content]) => content.split('\n').length > mostLines)).toEqual([])
})

it('The README’s tests run under Node 22, and the types need no other package', async () => {
  needs('node-22')
  expect(await project.runNode('node-22', ['--test', 'shop.test.mjs', 'agent.test.mjs'])).toMatch(/pass 4\n/)
  project.write(
    'example.ts',
    `import { type EntraRequest, startEntra } from '@entra-agents/emulators'
    await using entra = await startEntra({ seed: 'entra.yaml' })
    using fault = entra.fault('obo', { kind: 'delay', delayMs: 10 })
    export const last: EntraRequest | undefined = entra.requests.at(-1)
    // @ts-expect-error
    entra.fault('t4', 50076)`,
  )
  const lib = ['es2023', 'esnext.disposable', 'dom']
  expect(await project.compile(['example.ts'], { lib, noEmit: true })).toBe('')
})

it('The guide’s tests in vitest pass at the first run', async () => {
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', 'gateway']
  expect(await project.runNode('node', vitest, { NO_COLOR: '1' })).toMatch(/Tests {2}4 passed/)
})

it('The guide’s tests in pytest pass at the first run', async () => {
  needs('python')
  await project.run(findProgram('python') ?? '', ['-m', 'venv', 'environment'])
  const python = join(project.folder, 'environment/bin/python')
  const pip = [
    '-m',
    'pip',
    '--disable-pip-version-check',
    'install',
    '--quiet',
    'msal==1.39.0',
    'pytest==9.0.2',
  ]
  const { HTTPS_PROXY, PIP_INDEX_URL, PIP_CERT } = process.env
  await project.run(python, pip, { HTTPS_PROXY, PIP_INDEX_URL, PIP_CERT })
  expect(await project.run(python, ['-m', 'pytest', '-q'])).toContain('2 passed')
})

it('The CI job starts the image that this repository builds, with arguments that its command knows', async () => {
  const workflow = blocks.find(([path]) => path.startsWith('.github'))?.[1] ?? ''
  expect(workflow).toContain(`ghcr.io/entra-bedrock-agent/entra-emulator:${manifest.version}`)
  expect(read('Dockerfile')).toContain('AS entra-emulator\n')
  expect(read('Makefile')).toMatch(/foreach target,.* entra-emulator/)

  const port = await findFreePort()
  const docker = join(project.folder, 'docker')
  // The image's command, in place of the container: what follows the image, with the file where it is mounted from.
  writeFileSync(
    docker,
    `#!/bin/sh
while [ "\${1#ghcr.io}" = "$1" ]; do shift; done; shift
"${process.execPath}" node_modules/@entra-agents/emulators/command.cjs "$@" --seed entra.yaml --port ${port} >/dev/null 2>&1 & echo $! >pid`,
  )
  chmodSync(docker, 0o755)
  const [, start, use] = parse(workflow.replaceAll('7001', String(port))).jobs.test.steps
  onTestFinished(() => void process.kill(Number(readFileSync(join(project.folder, 'pid'), 'utf8'))))
  const PATH = [project.folder, process.env['PATH']].join(delimiter)
  await project.run('bash', ['-euc', start.run], { PATH })
  const said = await project.run('bash', ['-euc', use.run], { PATH })
  expect(JSON.parse(said)).toMatchObject({ users: [{ name: 'ada' }, { name: 'ben' }] })
})
