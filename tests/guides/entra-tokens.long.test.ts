import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createServer } from 'node:tls'
import { promisify } from 'node:util'
import { ForwardProxy } from '@entra-agents/service-kit/testing/forward-proxy'
import { autonomousClaims, onBehalfOfClaims } from '@entra-agents/tokens/testing/agent-claims'
import { rawGet } from '@entra-agents/tokens/testing/raw-request'
import { type Claims, createIssuer, type TestIssuer } from '@entra-agents/tokens/testing/token-issuer'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { makeCertificate } from '../../emulators/entra/src/testing/certificate.ts'
import manifest from '../../package.json' with { type: 'json' }
import { findFreePort } from '../support/ports.ts'
import { findProgram, needs } from '../support/programs.ts'

const exec = promisify(execFile)
const root = resolve(import.meta.dirname, '../..')
const readme = readFileSync(join(root, 'packages/tokens/README.md'), 'utf8')
const tasksApi = {
  appId: '99999999-0000-4000-8000-00000000000a',
  role: 'Tasks.Read.All',
  scope: 'Tasks.Read',
}

/** The examples of the README, by the names of the files to which they are written. */
const exampleNames = ['api', 'fastify', 'express', 'hono', 'request'] as const
const examples = [...readme.matchAll(/^```ts\n(.*?)^```/gms)].map(([, text = '']) => text)
const frameworks = exampleNames.slice(1)

/** A stranger's project: it has the packed archive, and frameworks. */
const project = mkdtempSync(join(tmpdir(), 'stranger-'))
const packages = (...names: (keyof typeof manifest.devDependencies)[]) =>
  names.map(name => `${name}@${manifest.devDependencies[name]}`)
const npm = (...args: readonly string[]) =>
  exec('npm', [...args, '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: project })
let installed: readonly string[]

beforeAll(async () => {
  await exec(process.execPath, [join(root, 'scripts/pack.ts'), join(project, 'packed')])
  writeFileSync(join(project, 'package.json'), '{"private":true,"type":"module"}')
  await npm('install', join(project, 'packed/entra-tokens.tgz'))
  installed = installedPackages()
  await npm(
    'install',
    ...packages('@hono/node-server', '@types/express', '@types/node', 'express', 'fastify', 'hono'),
  )
}, 300_000)
afterAll(() => rmSync(project, { recursive: true }))

function installedPackages(): readonly string[] {
  const { packages } = JSON.parse(readFileSync(join(project, 'node_modules/.package-lock.json'), 'utf8'))
  return Object.keys(packages).map(path => path.replace(/^.*node_modules\//, ''))
}

describe('the packed token check', () => {
  it('installs neither a framework nor a library for metrics, traces or elliptic curves', () => {
    expect(installed).toContain('@entra-agents/tokens')
    expect(installed).toContain('undici')
    expect(installed.length).toBeLessThan(20)
    expect(
      installed.filter(name => /fastify|express|hono|prom|opentelemetry|elliptic|jwk-to-pem/.test(name)),
    ).toEqual([])
  })

  it('has no elliptic curves and no framework in it, and imports none', () => {
    const folder = join(project, 'node_modules/@entra-agents/tokens')
    const licences = readFileSync(join(folder, 'LICENSES.txt'), 'utf8')
    const bundled = [...licences.matchAll(/^(\S+) \d[\w.]* \(/gm)].map(([, name]) => name)
    expect(bundled).toEqual(['fastify-plugin', 'get-jwks', 'lru-cache'])
    const code = readdirSync(folder)
      .filter(name => name.endsWith('.js'))
      .map(name => readFileSync(join(folder, name), 'utf8'))
      .join('\n')
    expect(code).not.toMatch(/elliptic|secp256k1/)
    const imported = [...code.matchAll(/^(?:import|export)\b[^'"\n]*["']([^'"\n]+)["']/gm)].map(
      ([, name]) => name,
    )
    expect([...new Set(imported)].filter(name => !/^(node:|\.\/)/.test(name ?? '')).sort()).toEqual([
      'fast-jwt',
      'undici',
    ])
  })

  it('compiles in a stranger’s project as the README shows it, with all strictness and library checks', async () => {
    expect(examples).toHaveLength(exampleNames.length)
    mkdirSync(join(project, 'src'))
    for (const [index, name] of exampleNames.entries())
      writeFileSync(join(project, `src/${name}.ts`), examples[index] ?? '')
    const compilerOptions = {
      ...{
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        skipLibCheck: false,
      },
      ...{ module: 'nodenext', target: 'es2023', types: ['node'], rootDir: 'src', outDir: 'built' },
    }
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }))
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    const { stdout } = await exec(process.execPath, [compiler, '-p', project]).catch(error => error)
    expect(stdout).toBe('')
  })
})

const nodes = [
  ['22.19', 'node-22'],
  ['24', undefined],
  ['26', 'node-26'],
] as const

describe.each(nodes)('under Node %s', (version, program) => {
  if (program) needs(program)
  const node = () => (program && findProgram(program)) ?? process.execPath

  /** Starts a program of the stranger's and waits until it responds; returns a way to GET from it. */
  async function start(file: string, env: NodeJS.ProcessEnv) {
    const port = Number(env['PORT'])
    const { PATH } = process.env
    const child = spawn(node(), [file], {
      cwd: project,
      env: { PATH, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    onTestFinished(() => stop(child))
    let complaint = ''
    child.stderr.on('data', (data: Buffer) => {
      complaint += data
    })
    const ended = once(child, 'close').then(() => {
      throw new Error(`${file} ended: ${complaint}`)
    })
    ended.catch(() => undefined)
    await Promise.race([ended, untilOpen(port)])
    return (path: string, headers: readonly string[] = []) =>
      rawGet(`http://localhost:${port}${path}`, headers)
  }

  it('is the version that is meant', async () => {
    expect((await exec(node(), ['--version'])).stdout).toMatch(new RegExp(`^v${version.split('.')[0]}\\.`))
  })

  it.each(frameworks)(
    'lets in those who may call and nobody else, with the README’s example for %s',
    async name => {
      const issuer = await createIssuer()
      const port = await findFreePort()
      // The README's tenant is that of the issuer; only authority and port are replaced.
      const folder = join(project, `run-${version}-${name}`)
      mkdirSync(folder)
      for (const file of ['api', name]) {
        const text = readFileSync(join(project, `built/${file}.js`), 'utf8')
          .replace('tenantId:', `authority: '${issuer.url}', tenantId:`)
          .replace(/\b3000\b/, String(port))
        writeFileSync(join(folder, `${file}.js`), text)
      }
      const get = await start(join(folder, `${name}.js`), { PORT: String(port) })
      const outcomes: Record<string, unknown> = {}
      for (const [what, values] of Object.entries(tokensOf(issuer))) {
        const headers = values.flatMap(value => ['authorization', `Bearer ${value}`])
        const { status, challenge = '', body } = await get('/who', headers)
        const { kind, failedCheck } = Object(body)
        outcomes[what] = [status, kind ?? failedCheck, /error="(\w+)"/.exec(challenge)?.[1] ?? challenge]
      }
      expect(outcomes).toEqual({
        'good, as itself': [200, 'agent', ''],
        'good, for a user': [200, 'agentForUser', ''],
        'no token': [401, undefined, 'Bearer realm="tasks-api"'],
        'two tokens': [401, 'format', 'invalid_token'],
        'no role': [403, 'permission', 'insufficient_scope'],
        'caller not listed': [403, 'caller', 'insufficient_scope'],
        expired: [401, 'lifetime', 'invalid_token'],
        forged: [401, 'signature', 'invalid_token'],
      })
      await issuer.close()
    },
  )

  /** Starts an API whose clock the test moves, which responds to GET / with its decision. */
  async function startGuardedApi(authority: string, env: NodeJS.ProcessEnv = {}) {
    const file = join(project, 'guarded-api.mjs')
    copyFileSync(join(import.meta.dirname, 'programs/guarded-api.mjs'), file)
    const port = String(await findFreePort())
    const get = await start(file, { PORT: port, AUTHORITY: authority, ...env })
    return {
      pass: (ms: number) => get(`/pass/${ms}`),
      statusOf: async (token: string) => (await get('/', ['authorization', `Bearer ${token}`])).status,
    }
  }
  const good = (issuer: TestIssuer, header: Claims = {}, authority = issuer.url) =>
    issuer.sign(autonomousClaims({ authority, api: tasksApi }), header)

  it('asks the issuer at most once in 10 s in a flood of invented key ids, and keeps out no new key for longer', async () => {
    const issuer = await createIssuer()
    const api = await startGuardedApi(issuer.url)
    expect(await api.statusOf(good(issuer))).toBe(200)
    const before = issuer.keyRequests
    const flood = async (name: string) => {
      const tokens = Array.from({ length: 100 }, (_, index) => good(issuer, { kid: `${name}-${index}` }))
      return new Set(await Promise.all(tokens.map(token => api.statusOf(token))))
    }
    expect(await flood('first')).toEqual(new Set([401]))
    expect(await flood('second')).toEqual(new Set([401]))
    expect(issuer.keyRequests).toBe(before + 1)
    issuer.rotate()
    await api.pass(10_000)
    expect(await flood('third')).toEqual(new Set([401]))
    expect(await api.statusOf(good(issuer))).toBe(200)
    expect(issuer.keyRequests).toBe(before + 2)
    await issuer.close()
  })

  it('drops a key that was withdrawn', async () => {
    const issuer = await createIssuer()
    const api = await startGuardedApi(issuer.url)
    const old = good(issuer)
    expect(await api.statusOf(old)).toBe(200)
    issuer.rotate({ keepOld: false })
    expect([await api.statusOf(good(issuer)), await api.statusOf(old)]).toEqual([200, 401])
    await issuer.close()
  })

  it('fetches the keys through the proxy of the environment', async () => {
    const issuer = await createIssuer()
    using certificate = makeCertificate('login.example')
    const { key, certificate: cert } = certificate
    const behindTls = createServer({ key, cert }, socket => {
      socket.pipe(connect(Number(new URL(issuer.url).port), '127.0.0.1')).pipe(socket)
    })
    behindTls.listen(0, '127.0.0.1')
    await once(behindTls, 'listening')
    await using proxy = await ForwardProxy.start({
      'login.example': Number(Object(behindTls.address()).port),
    })
    const authority = 'https://login.example'
    const api = await startGuardedApi(authority, {
      HTTPS_PROXY: proxy.url,
      NODE_EXTRA_CA_CERTS: certificate.certificateFile,
    })
    expect(await api.statusOf(good(issuer, {}, authority))).toBe(200)
    expect(proxy.asked).toEqual(['login.example:443'])
    behindTls.close()
    await issuer.close()
  })
})

function tokensOf(issuer: TestIssuer): Readonly<Record<string, readonly string[]>> {
  const authority = issuer.url
  const autonomous = (claims: Claims = {}) =>
    issuer.sign(autonomousClaims({ authority, api: tasksApi, claims }))
  const right = autonomous()
  return {
    'good, as itself': [right],
    'good, for a user': [issuer.sign(onBehalfOfClaims({ authority, api: tasksApi }))],
    'no token': [],
    'two tokens': [right, right],
    'no role': [autonomous({ roles: [] })],
    'caller not listed': [autonomous({ azp: '99999999-0000-4000-8000-000000000099' })],
    expired: [autonomous({ exp: 1 })],
    forged: [`${right.slice(0, -8)}AAAAAAAA`],
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'close')
}

/** Resolves as soon as something listens at a port of this machine. */
async function untilOpen(port: number): Promise<void> {
  await expect
    .poll(async () => {
      const socket = connect(port, 'localhost')
      const isOpen = await Promise.race([
        once(socket, 'connect').then(() => true),
        once(socket, 'error').then(() => false),
      ]).catch(() => false)
      socket.destroy()
      return isOpen
    })
    .toBe(true)
}
