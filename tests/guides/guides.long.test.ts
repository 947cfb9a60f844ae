import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { graphToken, startEmptyTenant } from '@entra-agents/agentctl/testing/workplace'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { TestEntra } from '../../emulators/entra/src/testing/start-entra.ts'
import { launcherOf } from '../../scripts/tools/tool.ts'
import { AwsAccount } from '../aws/support/aws-account.ts'
import { Rendering } from '../chart/support/render.ts'
import { isProgramMissing, needs } from '../support/programs.ts'
import { type Block, blocksOf } from './commands.ts'
import { root } from './project.ts'

const roleArn = 'arn:aws:iam::123456789012:role/entra-bedrock-agent'
/** The issuer that `az` or `aws` would print to the variable ISSUER: the tests do not run these commands. */
const issuer = 'https://germanywestcentral.oic.prod-aks.azure.com/11111111/22222222/'

needs('python')
needs('helm')

let entra: TestEntra
let account: AwsAccount
let folder: string
beforeAll(async () => {
  entra = await startEmptyTenant()
  if (!isProgramMissing('python')) account = await AwsAccount.start()
})
afterAll(async () => {
  await entra[Symbol.asyncDispose]()
  await account?.[Symbol.asyncDispose]()
})
beforeEach(async () => {
  await account.reset()
  folder = await mkdtemp(join(tmpdir(), 'guide-'))
  for (const part of ['charts', 'k8s']) await symlink(join(root, part), join(folder, part))
  return () => rm(folder, { recursive: true })
})

/** How each shell runs commands so that it ends at the first failure. */
const shells = {
  bash: { foreign: 'powershell', start: ['bash', '--norc', '-euo', 'pipefail', '-c'], before: [] },
  powershell: {
    foreign: 'bash',
    start: ['pwsh', '-NoProfile', '-Command'],
    before: [
      "$ErrorActionPreference = 'Stop'",
      '$PSNativeCommandUseErrorActionPreference = $true',
      '$ISSUER = $env:ISSUER',
    ],
  },
} as const
type Shell = keyof typeof shells
const installed = (Object.keys(shells) as Shell[]).filter(
  shell => shell === 'bash' || !isProgramMissing(shells[shell].start[0]),
)

/** Types a guide's commands, in order and unchanged, in the test's folder; a failure ends the test. */
async function typeCommands(
  shell: Shell,
  guide: string,
  isTyped: (block: Block) => boolean = ({ label }) => label === '',
) {
  const lines = blocksOf(`docs/${guide}`)
    .filter(block => block.shell !== shells[shell].foreign && !block.isMarked && isTyped(block))
    .flatMap(block => block.lines)
  expect(lines.length).toBeGreaterThan(0)
  const token = await graphToken(entra)
  const expires_on = Math.floor(Date.now() / 1000) + 3600
  await writeFile(join(folder, 'az-token'), JSON.stringify({ accessToken: token, expires_on }))
  await writeFile(join(folder, 'graph-token'), token)
  const env = {
    PATH: [join(import.meta.dirname, 'programs'), process.env['PATH']].join(delimiter),
    HOME: folder,
    ISSUER: issuer,
    GRAPH_URL: entra.url,
    ...account.environment,
    GUIDE_CLONE: root,
    GUIDE_HELM: existsSync(launcherOf('helm')) ? launcherOf('helm') : 'helm',
    GUIDE_MANIFESTS: join(folder, 'manifests.yaml'),
    GUIDE_TOKEN: join(folder, 'az-token'),
    NODE_COMPILE_CACHE: join(tmpdir(), 'guides-compile-cache'),
  }
  const { start, before } = shells[shell]
  const [program, ...options] = start
  return promisify(execFile)(program, [...options, [...before, ...lines].join('\n')], { cwd: folder, env })
}

async function readApplications(): Promise<unknown> {
  const authorization = `Bearer ${await graphToken(entra)}`
  return (await fetch(`${entra.url}/v1.0/applications`, { headers: { authorization } })).json()
}

describe.each(
  installed.flatMap(shell => [{ guide: 'aks.md', shell } as const, { guide: 'eks.md', shell } as const]),
)('The guide $guide, typed into $shell as it stands,', ({ guide, shell }) => {
  it('sets up Entra and AWS and installs the agent without any Secret, and clean-up.md removes everything again', async () => {
    const before = await readApplications()
    await typeCommands(shell, guide)
    expect(await readApplications()).not.toEqual(before)
    const trust = JSON.stringify(await account.trustPolicy('entra-bedrock-agent'))
    expect(trust).toContain('system:serviceaccount:agents:demo-agent')
    const rendering = new Rendering(readFileSync(join(folder, 'manifests.yaml'), 'utf8'))
    expect(rendering.ofKind('ServiceAccount').map(({ metadata }) => metadata.name)).toContain('demo-agent')
    expect(rendering.settings('demo-agent', 'agent')['AWS_ROLE_ARN']).toBe(roleArn)
    expect(rendering.ofKind('Secret')).toEqual([])
    await typeCommands(shell, 'clean-up.md')
    expect(await readApplications()).toEqual(before)
    expect(await account.contents()).toEqual([])
    expect(existsSync(join(folder, '.entra-receipt.json'))).toBe(false)
  })
})

it.each(installed)(
  'The guide eks.md, typed into %s with its commands for EKS Pod Identity, associates the role with the ServiceAccount',
  async own => {
    await typeCommands(own, 'eks.md', ({ shell, label }) => shell === own || label === 'pod-identity')
    expect(account.associations).toMatchObject([{ ClusterName: 'agents', ServiceAccount: 'demo-agent' }])
    expect(JSON.parse(account.stacks.get('entra-bedrock-agent')?.outputs['ChartValues'] ?? '')).toMatchObject(
      {
        aws: { auth: 'podIdentity' },
      },
    )
  },
)

it.each(installed)(
  'The guide for a laptop, typed into %s, sets up a tenant, switches the agent off and on, and writes the secret into sidecar.env',
  async shell => {
    await typeCommands(shell, 'local-with-real-entra.md')
    const settings = readFileSync(join(folder, 'sidecar.env'), 'utf8')
    expect(settings).toMatch(/^AzureAd__ClientCredentials__0__ClientSecret=.{20,}$/m)
    expect(settings).toMatch(/^DownstreamApis__weatherApp__Scopes__0=api:\/\/.*\/\.default$/m)
    await typeCommands(shell, 'clean-up.md')
  },
)
