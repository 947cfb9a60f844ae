import { execFile } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { tenantId } from '../../emulators/entra/src/testing/start-entra.ts'
import { ForwardProxy } from '../../packages/service-kit/src/testing/forward-proxy.ts'
import { permissions } from '../../scripts/entra/objects/kinds.ts'
import { processEnv } from '../support/process-env.ts'
import { useTenant } from './support/tenant.ts'

const root = join(import.meta.dirname, '../..')

const tenant = useTenant()
const { run } = tenant

/** The command line as a process of its own. */
async function spawnEntra(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const given = { ...processEnv(), HOME: tenant.workplace.folder, ...env }
  const run = promisify(execFile)(process.execPath, ['scripts/agentctl.ts', 'entra', ...args], {
    cwd: root,
    env: given,
  })
  run.child.stdin?.end()
  return run.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
      code,
      stdout,
      stderr,
    }),
  )
}

describe('the command line', () => {
  it('works as a process: it prints results to stdout without colours, and says at a question that it needs --yes if there is no terminal', async () => {
    const files = [
      ...['--access-token-file', tenant.workplace.tokenPath, '--receipt', tenant.workplace.receiptPath],
      ...['--dotenv', tenant.workplace.envPath, '--tenant', tenantId],
    ]
    const env = { GRAPH_URL: tenant.url }
    const applied = await spawnEntra(['apply', ...files], env)
    expect(applied).toMatchObject({ code: 0, stderr: '' })
    expect(applied.stdout).toMatch(/^created +[0-9a-f-]{36} blueprint "Weather Agent Blueprint"$/m)
    expect(applied.stdout).not.toContain('\u001b')
    const unanswered = await spawnEntra(['destroy', ...files], env)
    expect(unanswered.code).toBe(2)
    expect(unanswered.stderr).toContain(
      'There is no terminal to ask. Nothing was changed.\n  Fix: Answer it beforehand: --yes.',
    )
    expect(existsSync(tenant.workplace.receiptPath)).toBe(true)
    const { setUpId } = tenant.workplace.receipt
    rmSync(tenant.workplace.receiptPath)
    const adopted = await spawnEntra(['status', '--adopt', setUpId, ...files], env)
    expect(adopted.code).toBe(2)
    expect(adopted.stderr).toContain('Answer it beforehand: --yes.')
    expect(existsSync(tenant.workplace.receiptPath)).toBe(false)
  })

  it.each([
    [[], 2, 'Usage: npx --no-install agentctl entra [options] [command]'],
    [['stauts'], 2, "unknown command 'stauts'\n(Did you mean status?)"],
    [['plan', 'apply'], 2, "too many arguments for 'plan'. Expected 0 arguments but got 1: apply."],
    [['plan', '--yes'], 2, "unknown option '--yes'"],
    [['apply', '--agnet', 'x'], 2, "unknown option '--agnet'\n(Did you mean --agent?)"],
    [['plan', '--receipt', '--json'], 2, '--receipt has no value.'],
    [['plan', '--receipt'], 2, "option '--receipt <file>' argument missing"],
    [
      ['apply', '--client-secret', '--no-client-secret'],
      2,
      "'--no-client-secret' cannot be used with option '--client-secret'",
    ],
    [['destroy', '--yes', '--dry-run'], 2, "'--yes' cannot be used with option '--dry-run'"],
    [['status', '--agent', 'x'], 2, '--agent goes with --adopt here.'],
    [['apply', '--cluster-issuer', 'https://x.example'], 2, 'go together'],
    [['apply', '--cluster-issuer', 'https://x.example', '--service-account', 'a/b'], 2, 'namespace:name'],
    [['apply', '--secret-days', '9'], 2, 'goes with --client-secret'],
    [['apply', '--client-secret', '--secret-days', '0'], 2, 'a whole number from 1 to 9999; it is "0"'],
    [['apply', '--agent', 'a:autonomous+fly'], 2, '"autonomous+fly" names no flows. '],
    [['apply', '--agent', ''], 2, '--agent names no agent. '],
    [['apply', '--agent', 'a:obo', '--agent', 'a:none'], 2, '--agent a is given twice. '],
    [['apply', '--sign-in', 'magic'], 2, 'Allowed choices are auto, azure-cli, device-code, browser.'],
    [['apply', '--tenant', 'contoso'], 2, 'TENANT_ID must be a GUID; it is "contoso".'],
  ])('refuses the arguments %j with exit code %i and the words “%s”', async (args, code, words) => {
    const ran = await tenant.workplace.runBare(args)
    expect(ran.said).toContain(words.trim())
    expect(ran.code).toBe(code)
    expect(tenant.entra.requests.all).toEqual([])
  })

  it.each(['a\nb', 'a\u0085b', 'a\u2028b', 'a\u202eb'])(
    'refuses a name with an invisible character: %j',
    async name => {
      const { code, said } = await run('plan --agent', name)
      expect(said).toContain('--agent has a line break or another character that nobody sees.')
      expect(code).toBe(2)
    },
  )

  it('names a proxy that lets nothing through, and what to do', async () => {
    await using proxy = await ForwardProxy.start({})
    proxy.refusal = { status: 403 }
    const { receiptPath, envPath, tokenPath } = tenant.workplace
    const files = ['--receipt', receiptPath, '--dotenv', envPath, '--access-token-file', tokenPath]
    const env = { HTTPS_PROXY: proxy.url, https_proxy: proxy.url, NO_PROXY: '', no_proxy: '' }
    const { code, stderr } = await spawnEntra(['plan', '--tenant', tenantId, ...files], env)
    expect(stderr).toContain(`The proxy 127.0.0.1:${proxy.port} does not lead to graph.microsoft.com (403).`)
    expect(stderr).toContain('Fix: Allow the host in the proxy')
    expect(code).toBe(1)
  })

  it('demands a tenant, and an https URL for Graph', async () => {
    expect((await tenant.workplace.runBare(['plan'], {})).said).toContain(
      'It is not said which tenant is meant.',
    )
    const insecure = await tenant.workplace.runBare(['plan', '--tenant', tenantId], {
      GRAPH_URL: 'http://graph.example',
    })
    expect(insecure.said).toContain('GRAPH_URL must be https')
  })

  it('says, before it makes anything, that .env can’t be written', async () => {
    const path = join(tenant.workplace.folder, 'nowhere/dotenv')
    const { code, said } = await run('apply --client-secret --dotenv', path)
    expect(said).toContain(`${path} can’t be written`)
    expect(code).toBe(2)
    expect(tenant.graph.calls.filter(({ method }) => method !== 'GET')).toEqual([])
  })

  it('accepts a token with the word Bearer and in quotes, and says what to do if the token’s file is empty', async () => {
    tenant.workplace.useToken(`"Bearer ${tenant.token}"`)
    expect((await run('plan')).code).toBe(0)
    tenant.workplace.useToken('')
    const { said } = await run('plan')
    expect(said).toContain('Write an access token for Microsoft Graph into the file')
    expect(said).not.toContain('--sign-in')
  })

  it('makes nothing if it cannot write its receipt, and says what to do', async () => {
    const { code, said } = await run('apply --receipt', join(tenant.workplace.folder, 'nowhere/receipt'))
    expect(code).toBe(2)
    expect(said).toContain('No file can be created beside the receipt: ENOENT: no such file or directory')
    expect(said).toContain('Or name a file in another folder with --receipt')
    expect((await run('plan')).output).toContain(' 0 to keep.')
  })

  it('has help that lists every command, and help for `destroy` without options of other commands', async () => {
    const all = await tenant.workplace.runBare(['--help'])
    expect(all.code).toBe(0)
    for (const command of ['plan', 'apply', 'status', 'disable', 'enable', 'destroy'])
      expect(all.output).toMatch(new RegExp(`^ {2}${command} +\\w`, 'm'))
    const destroy = await tenant.workplace.runBare(['destroy', '--help'])
    expect(destroy.output).toContain('--dry-run')
    expect(destroy.output).not.toContain('--cluster-issuer')
    expect(Math.max(...all.output.split('\n').map(({ length }) => length))).toBeLessThan(150)
  })
})

describe('signing in', () => {
  it('uses the token of the Azure CLI, which it asks for once, and tries no other sign-in for what Graph hides from every user', async () => {
    await run('apply')
    const token = JSON.stringify({ accessToken: tenant.token, expiresOn: '2999-01-01 00:00:00.000000' })
    const bin = tenant.workplace.writeCommand('az', `echo start >> "$0.starts"; echo '${token}'`)
    const { receiptPath, envPath } = tenant.workplace
    const files = ['--tenant', tenantId, '--receipt', receiptPath, '--dotenv', envPath]
    const env = { GRAPH_URL: tenant.url, PATH: `${bin}:${process.env['PATH']}` }
    const status = await spawnEntra(['status', ...files], env)
    expect(status).toMatchObject({ code: 0, stderr: '' })
    expect(status.stdout).toMatch(/^not evaluated +sponsor/m)
    expect(await spawnEntra(['destroy', '--yes', ...files], env)).toMatchObject({ code: 0, stderr: '' })
    expect(readFileSync(join(bin, 'az.starts'), 'utf8')).toBe('start\nstart\n')
  })

  it('says that the Azure CLI gives no token, and which other ways to sign in there are', async () => {
    const { receiptPath, envPath } = tenant.workplace
    const failing = 'echo "ERROR: Please run az login to setup account." >&2; exit 1'
    const bin = tenant.workplace.writeCommand('az', failing)
    const { code, stderr } = await spawnEntra(
      ['plan', '--tenant', tenantId, '--sign-in', 'azure-cli', '--receipt', receiptPath, '--dotenv', envPath],
      { GRAPH_URL: tenant.url, PATH: `${bin}:${process.env['PATH']}` },
    )
    expect(code).toBe(2)
    expect(stderr).toContain('Signing in by the Azure CLI failed')
    expect(stderr).toContain('az login')
    expect(stderr).toContain('Try another way: --sign-in device-code or browser.')
  })

  it('is refused in words if Entra is called by http, as an emulator is', async () => {
    const env = { GRAPH_URL: tenant.url, ENTRA_AUTHORITY: tenant.url }
    const { code, said } = await tenant.workplace.runBare(['plan', '--tenant', tenantId], env)
    expect(said).toContain(`ENTRA_AUTHORITY is ${tenant.url}: signing in takes https.`)
    expect(said).toContain('--access-token-file')
    expect(code).toBe(2)
  })

  it('asks for permissions on blueprints, but for none named `Directory.…`, with which Graph refuses to delete agents', () => {
    expect(permissions).toContain('AgentIdentityBlueprint.Create')
    expect(permissions.filter(one => one.startsWith('Directory.'))).toEqual([])
  })
})
