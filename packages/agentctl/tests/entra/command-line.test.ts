import { execFile } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ForwardProxy } from '@entra-agents/service-kit/testing/forward-proxy'
import { describe, expect, it } from 'vitest'
import { tenantId } from '../../../../emulators/entra/src/testing/start-entra.ts'
import { processEnv } from '../../../../tests/support/process-env.ts'
import { permissions } from '../../src/entra/objects/kinds.ts'
import { useTenant } from './support/tenant.ts'

import { splitLine } from './support/workplace.ts'

const tenant = useTenant()
const { run, expectShown, expectRows } = tenant
const withTokenFile = () => `--access-token-file ${tenant.workplace.tokenPath}`

interface Ended {
  readonly code?: number
  readonly stdout: string
  readonly stderr: string
}

/** The command line as a process of its own. */
async function spawnEntra(line: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const { folder, receiptPath, envPath } = tenant.workplace
  const files = ['--tenant', tenantId, '--receipt', receiptPath, '--dotenv', envPath]
  const running = promisify(execFile)(
    process.execPath,
    ['packages/agentctl/src/agentctl.ts', 'entra', ...splitLine(line), ...files],
    {
      cwd: join(import.meta.dirname, '../../../..'),
      env: { ...processEnv(), HOME: folder, GRAPH_URL: tenant.url, ...env },
    },
  )
  running.child.stdin?.end()
  const { code = 0, stdout, stderr }: Ended = await running.catch((error: Ended) => error)
  return { code, stdout, stderr }
}

describe('the command line', () => {
  it('works as a process: it prints results to stdout without colours, and says at a question that it needs --yes if there is no terminal', async () => {
    const applied = await spawnEntra(`apply ${withTokenFile()}`)
    expect(applied).toMatchObject({ code: 0, stderr: '' })
    expect(applied.stdout).toMatch(/^created +[0-9a-f-]{36} blueprint "Weather Agent Blueprint"$/m)
    expect(applied.stdout).not.toContain('\u001b')
    const stderr = expect.stringContaining(
      'There is no terminal to ask. Nothing was changed.\n  Fix: Answer it beforehand: --yes.',
    )
    expect(await spawnEntra(`destroy ${withTokenFile()}`)).toMatchObject({ code: 2, stderr })
    expect(existsSync(tenant.workplace.receiptPath)).toBe(true)
    const { setUpId } = tenant.workplace.receipt
    rmSync(tenant.workplace.receiptPath)
    const adopted = await spawnEntra(`status --adopt ${setUpId} ${withTokenFile()}`)
    expect(adopted).toMatchObject({ code: 2, stderr })
    expect(existsSync(tenant.workplace.receiptPath)).toBe(false)
  })

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
    const rows = lines.map(line => [`agentctl entra ${JSON.stringify(line)}`, line] as const)
    await expectRows('arguments-refused', rows, async ([, line]) => {
      const { code, output, said } = await tenant.workplace.runBare(splitLine(line))
      return `${output}${said}\nexit code ${code}`
    })
    expect(tenant.entra.requests.all).toEqual([])
  })

  it('names a proxy that lets nothing through, and what to do', async () => {
    await using proxy = await ForwardProxy.start({})
    proxy.refusal = { status: 403 }
    const env = { HTTPS_PROXY: proxy.url, https_proxy: proxy.url, NO_PROXY: '', no_proxy: '', GRAPH_URL: '' }
    const { code, stderr } = await spawnEntra(`plan ${withTokenFile()}`, env)
    expect(stderr).toContain(`The proxy 127.0.0.1:${proxy.port} does not lead to graph.microsoft.com (403).`)
    expect(stderr).toContain('Fix: Allow the host in the proxy')
    expect(code).toBe(1)
  })

  it('demands an https URL for Graph', async () => {
    const env = { GRAPH_URL: 'http://graph.example' }
    const { code, said } = await tenant.workplace.runBare(['plan', '--tenant', tenantId], env)
    expect([code, said]).toEqual([2, expect.stringContaining('GRAPH_URL must be https')])
  })

  it('says, before it makes anything, that .env or the receipt can’t be written', async () => {
    const { folder } = tenant.workplace
    await expectShown(
      'files-refused',
      `apply --client-secret --dotenv ${folder}/nowhere/dotenv`,
      `apply --receipt ${folder}/nowhere/receipt`,
    )
    expect((await run('plan')).output).toContain(' 0 to keep.')
  })

  it('accepts a token with the word Bearer and in quotes, and says what to do if the token’s file is empty', async () => {
    tenant.workplace.useToken(`"Bearer ${tenant.token}"`)
    expect((await run('plan')).code).toBe(0)
    tenant.workplace.useToken('')
    await expectShown('token-file-empty', 'plan')
  })

  it.each(['', 'plan', 'apply', 'status', 'blast-radius', 'disable', 'enable', 'destroy'])(
    'has help for `%s`, with its own options only, in lines that are not too long',
    async command => {
      const { code, output } = await tenant.workplace.runBare([...splitLine(command), '--help'])
      await expect(output).toMatchFileSnapshot(`golden/help${command && `-of-${command}`}.txt`)
      expect(Math.max(...output.split('\n').map(({ length }) => length))).toBeLessThan(150)
      expect(code).toBe(0)
    },
  )
})

describe('signing in', () => {
  const withAz = (script: string) => {
    const folder = tenant.workplace.writeCommand('az', script)
    return { PATH: `${folder}:${process.env['PATH']}` }
  }

  it('uses the token of the Azure CLI, which it asks for once, and tries no other sign-in for what Graph hides from every user', async () => {
    await run('apply')
    const token = JSON.stringify({ accessToken: tenant.token, expiresOn: '2999-01-01 00:00:00.000000' })
    const env = withAz(`echo start >> "$0.starts"; echo '${token}'`)
    const status = await spawnEntra('status', env)
    expect(status).toMatchObject({ code: 0, stderr: '' })
    expect(status.stdout).toMatch(/^not evaluated +sponsor/m)
    expect(await spawnEntra('destroy --yes', env)).toMatchObject({ code: 0, stderr: '' })
    expect(readFileSync(join(tenant.workplace.folder, 'az.starts'), 'utf8')).toBe('start\nstart\n')
  })

  it('says that the Azure CLI gives no token, and which other ways to sign in there are', async () => {
    const env = withAz('echo "ERROR: Please run az login to setup account." >&2; exit 1')
    const { code, stderr } = await spawnEntra('plan --sign-in azure-cli', env)
    await expect(stderr).toMatchFileSnapshot('golden/azure-cli-without-token.txt')
    expect(code).toBe(2)
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
