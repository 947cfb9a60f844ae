import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startAuthSidecar, startEntra } from '../../emulators/kit/src/index.ts'
import manifest from '../../package.json' with { type: 'json' }
import { needs } from '../support/programs.ts'
import { archiveOf, examplesOf, nodes, Project, pack, root } from './project.ts'

const exec = promisify(execFile)
const packed = await pack()
const archives = readdirSync(packed)

/** So many names a newcomer can read in one go. */
const mostNames = 40

/** It exports nothing. */
const commandAlone = 'entra-agents-agentctl.tgz'

interface Manifest {
  readonly version: string
  readonly engines: { readonly node: string }
  readonly exports: Readonly<Record<string, string | { readonly types: string }>>
}

/** Unpacks an archive. @returns its folder */
async function unpack(archive: string): Promise<string> {
  const folder = temporaryFolder()
  await exec('tar', ['-xzf', join(packed, archive), '-C', folder, '--strip-components=1'])
  return folder
}

const declaration =
  /^export (?:declare )?(?:abstract )?(?:const|let|function|class|interface|type|enum) (\w+)/gm

/** The names that a declaration file exports, with those of the files that it exports whole. */
function namesIn(file: string): readonly string[] {
  const text = readFileSync(file, 'utf8')
  const listed = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, list = '']) =>
    list.split(','),
  )
  const whole = [...text.matchAll(/^export \* from '(.*)\.js'/gm)]
  return [
    ...[...text.matchAll(declaration)].map(([, name = '']) => name),
    ...listed
      .map(
        one =>
          one
            .trim()
            .split(/ as | /)
            .at(-1) ?? '',
      )
      .filter(Boolean),
    ...whole.flatMap(([, path = '']) => namesIn(join(dirname(file), `${path}.d.ts`))),
  ]
}

it('The archives are those of the packages that are for others', () => {
  expect(archives.length).toBeGreaterThan(2)
  expect(archives).toEqual(
    expect.arrayContaining(
      ['tokens', 'trace', 'trace-view', 'identity', 'langchain', 'emulators', 'agentctl'].map(
        name => `entra-agents-${name}.tgz`,
      ),
    ),
  )
})

// It is for import alone: neither for require nor for the resolution of Node 10, which knows no exports.
it.each([
  ['publint', '--strict'],
  ['attw', '--profile', 'esm-only'],
])('%s finds no fault in them', async (program, ...options) => {
  const find = (archive: string) =>
    exec(join(root, 'node_modules/.bin', program), [join(packed, archive), ...options])
  await Promise.all(archives.map(find)).catch(({ stdout }) => expect.fail(stdout))
})

it.each(archives)('%s exports at most 40 names, runs on Node 22.19, and says what changed', async archive => {
  const folder = await unpack(archive)
  const read = (file: string) => readFileSync(join(folder, file), 'utf8')
  const { version, engines, exports }: Manifest = JSON.parse(read('package.json'))
  const names = Object.values(exports).flatMap(entry =>
    typeof entry === 'string' ? [] : namesIn(join(folder, entry.types)),
  )
  expect(names.length > 0).toBe(archive !== commandAlone)
  expect(new Set(names).size).toBeLessThanOrEqual(mostNames)
  expect(engines.node).toBe('>=22.19')
  expect(read('CHANGELOG.md')).toContain(`\n## ${version}`)
  expect(read('README.md')).toMatch(/^Public (?:is|are) .*(?:.|\n)*?major version/m)
})

/** An API behind `tokens`, and an agent that calls it by tokens from both sources. It needs nothing but the archives and msal-node. */
const program = `
import { createServer } from 'node:http'
import { createIdentityClient, sidecar } from '@entra-agents/identity'
import { msal } from '@entra-agents/identity/msal'
import { actingAgent } from '@entra-agents/langchain/acting-agent'
import { createResourceServer } from '@entra-agents/tokens'
import { redactText } from '@entra-agents/trace'

const { authority, tenantId, blueprintAppId, clientId, appId, clientSecret, sidecarUrl } = JSON.parse(process.argv[2])
const callers = [{ clientId, isAgent: true }]
const server = createResourceServer({ name: 'tasks-api', tenantId, authority, appId, callers, permissions: { autonomous: 'Tasks.Read.All' } })
const api = createServer(async (request, response) => {
  const refuse = ({ status = 500 }) => response.writeHead(status).end()
  await server.authorize(request).then(({ kind }) => response.end(kind), refuse)
})
await new Promise(listening => api.listen(0, 'localhost', listening))
const url = 'http://localhost:' + api.address().port
const said = [(await fetch(url)).status]
for (const tokens of [sidecar({ url: sidecarUrl }), msal({ clientSecret })]) {
  const apis = { tasks: { url, appId } }
  const identity = createIdentityClient({ tenantId, authority, blueprintAppId, agents: { clerk: { clientId } }, apis, tokens })
  const { fetch } = actingAgent({ context: { agent: identity.as('clerk') } })
  said.push(await (await fetch(url)).text())
  await identity.close()
}
console.log(redactText(said.join()))
process.exit()
`

describe('with Entra and the sidecar', async () => {
  needs('node-22')
  needs('node-26')
  const project = new Project()
  const entra = await startEntra({
    seed: {
      tenant: 'acme',
      apps: { tasks: { roles: ['Tasks.Read.All'], optionalClaims: 'agent' } },
      blueprints: {
        office: { secret: 'a secret', agents: { clerk: { may: { tasks: ['Tasks.Read.All'] } } } },
      },
    },
    tls: true,
  })
  const apis = { tasks: {}, tasksApp: { api: 'tasks', appOnly: true } }
  const container = await startAuthSidecar({ entra, blueprint: 'office', apis })
  afterAll(() => Promise.all([container.close(), entra.close()]))

  beforeAll(async () => {
    project.write('ca.pem', entra.ca ?? '')
    project.write('main.js', program)
    const [example = ''] = examplesOf('packages/identity/README.md', 'js')
    project.write('try.js', example)
    const own = ['tokens', 'trace', 'identity', 'langchain', 'emulators']
    const msalNode = `@azure/msal-node@${manifest.devDependencies['@azure/msal-node']}`
    await project.install(...own.map(name => archiveOf(packed, name)), msalNode)
  }, 120_000)

  it.each(nodes)('they work together under %s, from the archives', async node => {
    const settings = {
      ...{ authority: entra.url, tenantId: entra.tenantId, blueprintAppId: entra.id('office') },
      ...{ clientId: entra.id('clerk'), appId: entra.id('tasks'), sidecarUrl: container.url },
      clientSecret: entra.secretOf('office'),
    }
    const env = { NODE_EXTRA_CA_CERTS: join(project.folder, 'ca.pem') }
    const said = await project.runNode(node, ['main.js', JSON.stringify(settings)], env)
    expect(said).toBe('401,agent,agent\n')
  })

  it.each(nodes)('identity is tried with emulators as its README shows it, under %s', async node => {
    expect(await project.runNode(node, ['try.js'])).toBe("true [ 'Tasks.Read.All' ]\n")
  })
})
