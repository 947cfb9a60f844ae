import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { autonomousClaims, onBehalfOfClaims } from '@entra-agents/tokens/testing/agent-claims'
import { rawGet } from '@entra-agents/tokens/testing/raw-request'
import { type Claims, createIssuer, type TestIssuer } from '@entra-agents/tokens/testing/token-issuer'
import { beforeAll, describe, expect, it } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { findFreePort } from '../support/ports.ts'
import { needs } from '../support/programs.ts'
import { archiveOf, examplesOf, nodes, Project, pack } from './project.ts'

const tasksApi = {
  appId: '99999999-0000-4000-8000-00000000000a',
  role: 'Tasks.Read.All',
  scope: 'Tasks.Read',
}

/** The examples of the README, by the names of the files to which they are written. */
const exampleNames = ['api', 'fastify', 'express', 'hono', 'request'] as const
const examples = examplesOf('packages/tokens/README.md', 'ts')
const frameworks = exampleNames.slice(1)

const project = new Project()
const packages = (...names: (keyof typeof manifest.devDependencies)[]) =>
  names.map(name => `${name}@${manifest.devDependencies[name]}`)
let installed: readonly string[]

beforeAll(async () => {
  await project.install(archiveOf(await pack('tokens'), 'tokens'))
  installed = installedPackages()
  await project.install(
    ...packages('@hono/node-server', '@types/express', '@types/node', 'express', 'fastify', 'hono'),
  )
}, 300_000)

function installedPackages(): readonly string[] {
  const lock = readFileSync(join(project.folder, 'node_modules/.package-lock.json'), 'utf8')
  return Object.keys(JSON.parse(lock).packages).map(path => path.replace(/^.*node_modules\//, ''))
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
    const folder = join(project.folder, 'node_modules/@entra-agents/tokens')
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
    mkdirSync(join(project.folder, 'src'))
    for (const [index, name] of exampleNames.entries()) project.write(`src/${name}.ts`, examples[index] ?? '')
    const output = { rootDir: 'src', outDir: 'built', rewriteRelativeImportExtensions: true }
    expect(await project.compile(['src'], { ...output, types: ['node'] })).toBe('')
  })
})

describe.each(nodes)('under %s', program => {
  if (program !== 'node') needs(program)

  /** Starts the README's example. Its tenant is that of the issuer; only authority and port are replaced. */
  async function startExample(name: string, authority: string) {
    const port = await findFreePort()
    const folder = `run-${port}`
    mkdirSync(join(project.folder, folder))
    for (const file of ['api', name]) {
      const text = readFileSync(join(project.folder, `built/${file}.js`), 'utf8')
        .replace('tenantId:', `authority: '${authority}', tenantId:`)
        .replace(/\b3000\b/, `${port}`)
      project.write(`${folder}/${file}.js`, text)
    }
    const url = await project.serve(`${folder}/${name}.js`, port, program)
    return (tokens: readonly string[]) =>
      rawGet(
        `${url}/who`,
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
