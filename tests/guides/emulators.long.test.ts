import { execFile } from 'node:child_process'
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { beforeAll, expect, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import witnesses from '../../emulators/witnesses/node/package.json' with { type: 'json' }
import manifest from '../../package.json' with { type: 'json' }
import { findFreePort } from '../support/ports.ts'
import { findProgram, needs } from '../support/programs.ts'

const exec = promisify(execFile)
const root = resolve(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const blocks = [read('docs/emulators.md'), read('emulators/kit/README.md')].flatMap(page =>
  [...page.matchAll(/^```\w+\n(?:#|\/\/) (\S+?)(?:,[^\n]*)?\n(.*?)^```/gms)].map(
    ([, path = '', content = '']) => [path, content] as const,
  ),
)
const mostLines = 35
const { dependencies: bedrockClients } = JSON.parse(read('packages/bedrock-access/package.json'))

/** A stranger's project: the archive, and what the guide tells to install. */
const project = temporaryFolder()
const environment = { PATH: process.env['PATH'], HOME: project, CI: 'true' }
const run = (program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  exec(program, args, { cwd: project, env: { ...environment, ...env } }).catch(({ stdout, stderr }) => {
    throw new Error(`${program} ${args.join(' ')}\n${stdout}\n${stderr}`)
  })

beforeAll(async () => {
  await exec(process.execPath, [join(root, 'scripts/pack.ts'), join(project, 'packed'), 'emulators'])
  writeFileSync(join(project, 'package.json'), '{"private":true,"type":"module"}')
  for (const [path, content] of blocks) if (!path.includes('/')) writeFileSync(join(project, path), content)
  const npm = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']
  await exec('npm', [...npm, join(project, 'packed/entra-agents-emulators.tgz')], { cwd: project })
  expect(readdirSync(join(project, 'node_modules')).filter(name => !name.startsWith('.'))).toEqual([
    '@entra-agents',
  ])
  const clients = [
    `vitest@${manifest.devDependencies.vitest}`,
    `@azure/msal-node@${witnesses.dependencies['@azure/msal-node']}`,
    `@aws-sdk/client-bedrock-runtime@${bedrockClients['@aws-sdk/client-bedrock-runtime']}`,
  ]
  await exec('npm', [...npm, ...clients], { cwd: project })
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
  const { stdout } = await run(findProgram('node-22') ?? '', ['--test', 'shop.test.mjs', 'agent.test.mjs'])
  expect(stdout).toMatch(/pass 4\n/)
  const options = { module: 'nodenext', lib: ['es2023', 'esnext.disposable', 'dom'], types: [], strict: true }
  writeFileSync(
    join(project, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { ...options, noEmit: true }, include: ['example.ts'] }),
  )
  writeFileSync(
    join(project, 'example.ts'),
    `import { type EntraRequest, startEntra } from '@entra-agents/emulators'
    await using entra = await startEntra({ seed: 'entra.yaml' })
    using fault = entra.fault('obo', { kind: 'delay', delayMs: 10 })
    export const last: EntraRequest | undefined = entra.requests.at(-1)
    // @ts-expect-error
    entra.fault('t4', 50076)`,
  )
  expect((await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc')])).stdout).toBe('')
})

it('The guide’s tests in vitest pass at the first run', async () => {
  const { stdout } = await run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', 'gateway'], {
    NO_COLOR: '1',
  })
  expect(stdout).toMatch(/Tests {2}4 passed/)
})

it('The guide’s tests in pytest pass at the first run', async () => {
  needs('python')
  await run(findProgram('python') ?? '', ['-m', 'venv', 'environment'])
  const python = join(project, 'environment/bin/python')
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
  await run(python, pip, { HTTPS_PROXY, PIP_INDEX_URL, PIP_CERT })
  expect((await run(python, ['-m', 'pytest', '-q'])).stdout).toContain('2 passed')
})

it('The CI job starts the image that this repository builds, with arguments that its command knows', async () => {
  const workflow = blocks.find(([path]) => path.startsWith('.github'))?.[1] ?? ''
  expect(workflow).toContain(`ghcr.io/entra-bedrock-agent/entra-emulator:${manifest.version}`)
  expect(read('Dockerfile')).toContain('AS entra-emulator\n')
  expect(read('Makefile')).toMatch(/foreach target,.* entra-emulator/)

  const port = await findFreePort()
  const docker = join(project, 'docker')
  // The image's command, in place of the container: what follows the image, with the file where it is mounted from.
  writeFileSync(
    docker,
    `#!/bin/sh
while [ "\${1#ghcr.io}" = "$1" ]; do shift; done; shift
"${process.execPath}" node_modules/@entra-agents/emulators/command.cjs "$@" --seed entra.yaml --port ${port} >/dev/null 2>&1 & echo $! >pid`,
  )
  chmodSync(docker, 0o755)
  const [, start, use] = parse(workflow.replaceAll('7001', String(port))).jobs.test.steps
  onTestFinished(() => void process.kill(Number(readFileSync(join(project, 'pid'), 'utf8'))))
  const PATH = [project, environment.PATH].join(delimiter)
  await run('bash', ['-euc', start.run], { PATH })
  const { stdout } = await run('bash', ['-euc', use.run], { PATH })
  expect(JSON.parse(stdout)).toMatchObject({ users: [{ name: 'ada' }, { name: 'ben' }] })
})
