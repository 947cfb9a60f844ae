import { execFile, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'
import { createServer } from 'node:tls'
import { promisify } from 'node:util'
import { ForwardProxy } from '@entra-agents/service-kit/testing/forward-proxy'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { makeCertificate } from '../../../../../emulators/entra/src/testing/certificate.ts'
import { tenantId } from '../../../../../emulators/entra/src/testing/start-entra.ts'
import { forFile } from '../../../../../tests/support/for-file.ts'
import { findFreePort } from '../../../../../tests/support/ports.ts'
import { findProgram, needs } from '../../../../../tests/support/programs.ts'
import { graphToken, startEmptyTenant } from '../../entra/support/workplace.ts'
import { Laptop } from './support/laptop.ts'

const exec = promisify(execFile)
const root = resolve(import.meta.dirname, '../../../../..')
const project = temporaryFolder()
const installed = join(project, 'node_modules/@entra-agents/agentctl')
const laptop = await forFile(Laptop.start())
const tenant = await forFile(startEmptyTenant())
const graph = makeCertificate('graph.example')
const graphServer = createServer({ key: graph.key, cert: graph.certificate }, socket => {
  socket.pipe(connect(Number(new URL(tenant.url).port), 'localhost')).pipe(socket)
}).listen(0, '127.0.0.1')

beforeAll(async () => {
  await exec(process.execPath, [
    join(root, 'scripts/pack.ts'),
    join(project, 'packed'),
    'agentctl',
    'emulators',
  ])
  writeFileSync(join(project, 'package.json'), '{"private":true}')
  const options = ['--offline', '--no-audit', '--no-fund', '--loglevel=error']
  const archive = join(project, 'packed/entra-agents-agentctl.tgz')
  await exec('npm', ['install', ...options, archive], { cwd: project })
  return () => {
    graphServer.close()
    graph[Symbol.dispose]()
  }
}, 120_000)

it('The archive of agentctl needs no other package, and is smaller than 2 MB', () => {
  expect(readdirSync(join(project, 'node_modules')).filter(name => !name.startsWith('.'))).toEqual([
    '@entra-agents',
  ])
  expect(statSync(join(project, 'packed/entra-agents-agentctl.tgz')).size).toBeLessThan(2e6)
  expect(readdirSync(installed).filter(name => !/^shared-/.test(name))).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'LICENSES.txt',
    'README.md',
    'assets',
    'command.cjs',
    'main.js',
    'package.json',
  ])
})

it('The README’s tenant is enough for a plan and an apply', async () => {
  const options = ['--offline', '--no-audit', '--no-fund', '--loglevel=error', '--no-save']
  await exec('npm', ['install', ...options, join(project, 'packed/entra-agents-emulators.tgz')], {
    cwd: project,
  })
  const readme = readFileSync(join(root, 'packages/agentctl/README.md'), 'utf8')
  const [, program = ''] = /^```js\n(.*?)^```/ms.exec(readme) ?? []
  const port = String(await findFreePort())
  writeFileSync(join(project, 'tenant.mjs'), program.replace('7001', port))
  const tenant = spawn(process.execPath, ['tenant.mjs'], { cwd: project, stdio: 'inherit' })
  onTestFinished(() => void tenant.kill())
  const token = join(project, 'graph-token')
  await expect.poll(() => existsSync(token)).toBe(true)
  const cwd = temporaryFolder()
  const args = (command: string) => [
    ...[join(installed, 'command.cjs'), 'entra', command, '--tenant', '11111111-2222-4333-8444-555555555555'],
    ...['--client-secret', '--access-token-file', token],
  ]
  const env = { PATH: process.env['PATH'], GRAPH_URL: `http://localhost:${port}` }
  const plan = await exec(process.execPath, args('plan'), { cwd, env })
  expect(plan.stdout).toContain('11 to create')
  await exec(process.execPath, [...args('apply'), '--yes'], { cwd, env })
  expect(readdirSync(cwd).sort()).toEqual(['.entra-receipt.json', '.env'])
})

describe.each(['node-22', 'node-26'])('agentctl from the archive, under %s', program => {
  needs(program)

  /** Runs the command in an empty folder. */
  async function run(args: readonly string[], env: Readonly<Record<string, string | undefined>>) {
    const { PATH } = process.env
    const cwd = temporaryFolder()
    const running = exec(findProgram(program) ?? '', [join(installed, 'command.cjs'), ...args], {
      cwd,
      env: { ...env, PATH: `${env['PATH'] ?? ''}:${PATH}` },
    })
    const { code = 0, stdout, stderr } = await running.catch(error => error)
    return { code, said: `${stdout}${stderr}` }
  }

  it('plans the set-up of a tenant, through the proxy of the environment', async () => {
    const port = Object(graphServer.address()).port
    await using proxy = await ForwardProxy.start({ 'graph.example': port })
    const token = join(temporaryFolder(), 'token')
    writeFileSync(token, await graphToken(tenant))
    const { code, said } = await run(
      ['entra', 'plan', '--tenant', tenantId, '--access-token-file', token, '--client-secret'],
      {
        GRAPH_URL: 'https://graph.example',
        HTTPS_PROXY: proxy.url,
        NODE_EXTRA_CA_CERTS: graph.certificateFile,
      },
    )
    expect([code, said]).toEqual([0, expect.stringContaining('blueprint')])
    expect(new Set(proxy.asked)).toEqual(new Set(['graph.example:443']))
  })

  it('finds nothing wrong with a laptop on which everything runs', async () => {
    const { code, said } = await run(['doctor'], laptop.environment)
    expect([code, said]).toEqual([0, expect.stringMatching(/PASS {2}Weather API as itself(.|\n)* 0 failed/)])
  })
})
