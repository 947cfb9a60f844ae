import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { autonomousClaims, onBehalfOfClaims } from '@entra-agents/tokens/testing/agent-claims'
import { rawGet } from '@entra-agents/tokens/testing/raw-request'
import { type Claims, createIssuer, type TestIssuer } from '@entra-agents/tokens/testing/token-issuer'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
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
const project = temporaryFolder()
const packages = (...names: (keyof typeof manifest.devDependencies)[]) =>
  names.map(name => `${name}@${manifest.devDependencies[name]}`)
const npm = (...args: readonly string[]) =>
  exec('npm', [...args, '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: project })
let installed: readonly string[]

beforeAll(async () => {
  await exec(process.execPath, [join(root, 'scripts/pack.ts'), join(project, 'packed'), 'tokens'])
  writeFileSync(join(project, 'package.json'), '{"private":true,"type":"module"}')
  await npm('install', join(project, 'packed/entra-agents-tokens.tgz'))
  installed = installedPackages()
  await npm(
    'install',
    ...packages('@hono/node-server', '@types/express', '@types/node', 'express', 'fastify', 'hono'),
  )
}, 300_000)

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
    const files = readdirSync(folder).filter(name => name.endsWith('.js'))
    const code = files.map(name => readFileSync(join(folder, name), 'utf8')).join('\n')
    expect(code).not.toMatch(/elliptic|secp256k1/)
    const imports = code.matchAll(/^(?:import|export)\b[^'"\n]*["'](?!node:|\.\/)([^'"\n]+)["']/gm)
    expect([...new Set(Array.from(imports, ([, name]) => name))].sort()).toEqual(['fast-jwt', 'undici'])
  })

  it('compiles in a stranger’s project as the README shows it, with all strictness and library checks', async () => {
    expect(examples).toHaveLength(exampleNames.length)
    mkdirSync(join(project, 'src'))
    for (const [index, name] of exampleNames.entries())
      writeFileSync(join(project, `src/${name}.ts`), examples[index] ?? '')
    const strict = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true }
    const output = {
      module: 'nodenext',
      target: 'es2023',
      rootDir: 'src',
      outDir: 'built',
      rewriteRelativeImportExtensions: true,
    }
    const compilerOptions = { ...strict, ...output, skipLibCheck: false, types: ['node'] }
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }))
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    const { stdout } = await exec(process.execPath, [compiler, '-p', project]).catch(error => error)
    expect(stdout).toBe('')
  })
})

describe.each(['node-22', 'node', 'node-26'])('under %s', program => {
  if (program !== 'node') needs(program)
  const node = () => (program === 'node' ? process.execPath : (findProgram(program) ?? ''))

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
    const complaint = text(child.stderr)
    const ended = once(child, 'close').then(async () => {
      throw new Error(`${file} ended: ${await complaint}`)
    })
    ended.catch(() => undefined)
    await Promise.race([ended, untilOpen(port)])
    return (path: string, headers: readonly string[] = []) =>
      rawGet(`http://localhost:${port}${path}`, headers)
  }

  /** Starts the README's example. Its tenant is that of the issuer; only authority and port are replaced. */
  async function startExample(name: string, authority: string) {
    const port = String(await findFreePort())
    const folder = join(project, `run-${port}`)
    mkdirSync(folder)
    for (const file of ['api', name]) {
      const text = readFileSync(join(project, `built/${file}.js`), 'utf8')
        .replace('tenantId:', `authority: '${authority}', tenantId:`)
        .replace(/\b3000\b/, port)
      writeFileSync(join(folder, `${file}.js`), text)
    }
    const get = await start(join(folder, `${name}.js`), { PORT: port })
    return (tokens: readonly string[]) =>
      get(
        '/who',
        tokens.flatMap(token => ['authorization', `Bearer ${token}`]),
      )
  }

  it.each(frameworks)(
    'lets in those who may call and nobody else, with the README’s example for %s',
    async name => {
      const issuer = await createIssuer()
      const ask = await startExample(name, issuer.url)
      for (const [what, tokens, ...expected] of situationsOf(issuer)) {
        const { status, challenge = '', body } = await ask(tokens)
        const { kind, failedCheck } = Object(body)
        const error = /error="(\w+)"/.exec(challenge)?.[1] ?? challenge
        expect([what, status, kind ?? failedCheck, error]).toEqual([what, ...expected])
      }
      await issuer.close()
    },
  )
})

/** The tokens of a request, and what it has to get: a status, who calls or what is wrong, and the challenge. */
function situationsOf(issuer: TestIssuer) {
  const authority = issuer.url
  const autonomous = (claims: Claims = {}) =>
    issuer.sign(autonomousClaims({ authority, api: tasksApi, claims }))
  const right = autonomous()
  const forUser = issuer.sign(onBehalfOfClaims({ authority, api: tasksApi }))
  const otherCaller = '99999999-0000-4000-8000-000000000099'
  // biome-ignore format: table
  return [
    ['as itself', [right], 200, 'agent', ''],
    ['for a user', [forUser], 200, 'agentForUser', ''],
    ['no token', [], 401, undefined, 'Bearer realm="tasks-api"'],
    ['two tokens', [right, right], 401, 'format', 'invalid_token'],
    ['no role', [autonomous({ roles: [] })], 403, 'permission', 'insufficient_scope'],
    ['caller not listed', [autonomous({ azp: otherCaller })], 403, 'caller', 'insufficient_scope'],
    ['expired', [autonomous({ exp: 1 })], 401, 'lifetime', 'invalid_token'],
    ['forged', [`${right.slice(0, -8)}AAAAAAAA`], 401, 'signature', 'invalid_token'],
  ] as const
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
