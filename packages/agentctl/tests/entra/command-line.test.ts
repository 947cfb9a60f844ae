import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ForwardProxy } from '@entra-agents/service-kit/testing/forward-proxy'
import { expect, it } from 'vitest'
import { tenantId } from '../../../../emulators/entra/src/testing/start-entra.ts'
import { processEnv } from '../../../../tests/support/process-env.ts'
import { permissions } from '../../src/entra/objects/kinds.ts'
import { type Scenes, useTenant } from './support/tenant.ts'
import { splitLine } from './support/workplace.ts'

const tenant = useTenant()
const { quietly, expectScenes } = tenant

interface Ended {
  readonly code?: number
  readonly stdout: string
  readonly stderr: string
}

/** The options that a command line needs, but none for signing in. */
function withFiles(line: string): readonly string[] {
  const { receiptPath, envPath } = tenant.workplace
  return [...splitLine(line), '--tenant', tenantId, '--receipt', receiptPath, '--dotenv', envPath]
}

/** The command line as a process of its own, with Ada’s token. */
async function spawnEntra(line: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const { folder, tokenPath } = tenant.workplace
  const running = promisify(execFile)(
    process.execPath,
    ['packages/agentctl/src/agentctl.ts', 'entra', ...withFiles(line), '--access-token-file', tokenPath],
    {
      cwd: join(import.meta.dirname, '../../../..'),
      env: { ...processEnv(), HOME: folder, GRAPH_URL: tenant.url, ...env },
    },
  )
  running.child.stdin?.end()
  const { code = 0, stdout, stderr }: Ended = await running.catch((error: Ended) => error)
  return { code, stdout, stderr }
}

it('works as a process: it prints results to stdout without colours, and says at a question that it needs --yes if there is no terminal', async () => {
  const applied = await spawnEntra('apply')
  expect(applied).toMatchObject({ code: 0, stderr: '' })
  expect(applied.stdout).toMatch(/^created +[0-9a-f-]{36} blueprint "Weather Agent Blueprint"$/m)
  expect(applied.stdout).not.toContain('\u001b')
  const stderr = expect.stringContaining(
    'There is no terminal to ask. Nothing was changed.\n  Fix: Answer it beforehand: --yes.',
  )
  expect(await spawnEntra('destroy')).toMatchObject({ code: 2, stderr })
  expect(existsSync(tenant.workplace.receiptPath)).toBe(true)
})

it('names a proxy that lets nothing through, and what to do', async () => {
  await using proxy = await ForwardProxy.start({})
  proxy.refusal = { status: 403 }
  const env = { HTTPS_PROXY: proxy.url, https_proxy: proxy.url, NO_PROXY: '', no_proxy: '', GRAPH_URL: '' }
  const { code, stderr } = await spawnEntra('plan', env)
  expect(stderr).toContain(`The proxy 127.0.0.1:${proxy.port} does not lead to graph.microsoft.com (403).`)
  expect(stderr).toContain('Fix: Allow the host in the proxy')
  expect(code).toBe(1)
})

/** Runs exactly these arguments. */
async function showBare(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<string> {
  const { code, output, said } = await tenant.workplace.runBare(args, env)
  return `${output}${said}\nexit code ${code}`
}

it('refuses wrong arguments with exit code 2 and words, and asks Entra nothing', async () => {
  const lines = [
    '',
    'stauts',
    'plan',
    'plan apply',
    'plan --yes',
    'apply --agnet x',
    'plan --receipt --json',
    'plan --receipt',
    'apply --client-secret --no-client-secret',
    'destroy --yes --dry-run',
    'status --agent x',
    'apply --cluster-issuer https://x.example',
    'apply --cluster-issuer https://x.example --service-account a/b',
    'apply --secret-days 9',
    'apply --client-secret --secret-days 0',
    'apply --agent a:autonomous+fly',
    'apply --agent ""',
    'apply --agent a:obo --agent a:none',
    'apply --sign-in magic',
    'apply --tenant contoso',
    ...['a\nb', 'a\u0085b', 'a\u2028b', 'a\u202eb'].map(
      name => `plan --tenant ${tenantId} --agent "${name}"`,
    ),
  ]
  await expectScenes(
    'arguments-refused',
    lines.map(line => [`agentctl entra ${JSON.stringify(line)}`, () => showBare(splitLine(line))]),
  )
  expect(tenant.entra.requests.all).toEqual([])
})

it.each(['', 'plan', 'apply', 'status', 'blast-radius', 'what-if', 'disable', 'enable', 'destroy'])(
  'has help for `%s`, with its own options only, in lines that are not too long',
  async command => {
    const { code, output } = await tenant.workplace.runBare([...splitLine(command), '--help'])
    await expect(output).toMatchFileSnapshot(`golden/help${command && `-of-${command}`}.txt`)
    expect(Math.max(...output.split('\n').map(({ length }) => length))).toBeLessThan(150)
    expect(code).toBe(0)
  },
)

/** Runs a command that signs in by the Azure CLI, in whose place stands this script. */
const showWithAz = (script: string, line: string) => () => {
  tenant.workplace.standIn('az', script)
  return showBare(withFiles(line))
}
const giveToken = () => {
  const token = JSON.stringify({ accessToken: tenant.token, expiresOn: '2999-01-01 00:00:00.000000' })
  return `echo start >> "$0.starts"; echo '${token}'`
}
const azStarts = () => readFileSync(join(tenant.workplace.folder, 'az.starts'), 'utf8')
const nowhere = (name: string) => () =>
  tenant.show(`apply --client-secret --${name} ${tenant.workplace.folder}/nowhere/file`)
const httpAuthority = () => ({ GRAPH_URL: tenant.url, ENTRA_AUTHORITY: tenant.url })

// biome-ignore format: table
const scenes: Scenes = [
  ['an URL of Graph that is not https', () => showBare(['plan', '--tenant', tenantId], { GRAPH_URL: 'http://graph.example' })],
  ['signing in at an Entra that is called by http, as an emulator is', () => showBare(['plan', '--tenant', tenantId], httpAuthority())],
  ['files that cannot be written, before anything is made', nowhere('dotenv'), nowhere('receipt'), 'plan'],
  ['a token with the word Bearer and in quotes, which is accepted', () => tenant.workplace.useToken(`"Bearer ${tenant.token}"`), quietly('plan')],
  ['a file of the token that is empty', () => tenant.workplace.useToken(''), 'plan'],
  ['the Azure CLI, which gives no token', showWithAz('echo "ERROR: Please run az login to setup account." >&2; exit 1', 'plan --sign-in azure-cli')],
  ['the Azure CLI, which is asked once a command, and not replaced for what Graph hides from every user', quietly('apply'), () => showWithAz(giveToken(), 'status')(), () => showWithAz(giveToken(), 'destroy --yes')(), azStarts],
]

it('says what it lacks: files, tokens and https', () => expectScenes('command-line', scenes))

it('asks for permissions on blueprints, but for none named `Directory.…`, with which Graph refuses to delete agents', () => {
  expect(permissions).toContain('AgentIdentityBlueprint.Create')
  expect(permissions.filter(one => one.startsWith('Directory.'))).toEqual([])
})
