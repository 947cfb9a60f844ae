import { cpSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { decodeToken } from '@entra-agents/tokens/verify'
import { serve } from '@hono/node-server'
import { serveStatic } from '@hono/node-server/serve-static'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { Hono } from 'hono'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startAuthSidecar, startBedrock, startEntra } from '../../emulators/kit/src/index.ts'
import { useBrowser } from '../browser/support/browser.ts'
import { forFile } from '../support/for-file.ts'
import { identities } from '../support/identities.ts'
import { findFreePort } from '../support/ports.ts'
import { needs } from '../support/programs.ts'
import { archiveOf, Project, pack, read, root } from './project.ts'

const examples = readdirSync(join(root, 'examples')).filter(name => name !== 'README.md')
/** The lines that adopting a package has added to an example. */
const addedLines = (name: string) =>
  read(`examples/${name}`)
    .split('\n')
    .filter(line => /(?:\/\/ \+|<!-- \+ -->)$/.test(line))

const isOfLibrary = /node_modules\/(?!@entra-agents)/

const projects = new Map(examples.map(name => [name, new Project()]))
const projectOf = (name: string) => projects.get(name) ?? expect.fail(`There is no example ${name}.`)
const tasksApi = { id: '99999999-0000-4000-8000-00000000000a', optionalClaims: 'agent' }
const seed = {
  extends: 'demo',
  apps: { tasks: { ...tasksApi, scopes: ['Tasks.Read'], roles: ['Tasks.Read.All'] } },
  blueprints: {
    weather: {
      secret: 'a secret of the blueprint',
      agents: { 'weather-agent': { may: { tasks: ['Tasks.Read', 'Tasks.Read.All'] } } },
    },
  },
}
const entra = await forFile(startEntra({ tls: true, seed }))
const apis = { tasks: {}, tasksMcp: { api: 'tasks' } }
const sidecar = await forFile(startAuthSidecar({ entra, blueprint: 'weather', apis }))
const script = [{ tool: 'list_tasks', input: {} }, 'Those are your tasks.']
const bedrock = await forFile(startBedrock({ script }))

beforeAll(async () => {
  const packed = await pack('tokens', 'trace', 'trace-view', 'identity', 'langchain')
  await Promise.all(examples.map(name => install(name, packed)))
}, 300_000)

/** Copies an example and installs it, its packages of this repository from their archives. */
async function install(name: string, packed: string): Promise<void> {
  const project = projectOf(name)
  cpSync(join(root, 'examples', name), project.folder, { recursive: true })
  project.write('ca.pem', entra.ca ?? '')
  const manifest = JSON.parse(read(`examples/${name}/package.json`))
  const own = Object.keys(manifest.dependencies).filter(one => one.startsWith('@entra-agents/'))
  // What an archive depends on is not in a registry yet.
  if (own.some(one => /identity|trace-view/.test(one))) own.push('@entra-agents/trace')
  for (const one of own)
    manifest.dependencies[one] = `file:${archiveOf(packed, one.replace('@entra-agents/', ''))}`
  project.write('package.json', JSON.stringify(manifest))
  await project.install()
}

/** Starts the program of an example, with emulators and free ports in place of what stands in it. */
async function start(name: string, tasksUrl: string, node = 'node-22'): Promise<string> {
  const project = projectOf(name)
  const port = await findFreePort()
  for (const file of readdirSync(project.folder).filter(one => one.endsWith('.ts'))) {
    const source = read(`examples/${name}/${file}`)
      .replace('tenantId:', `authority: '${entra.url}', tenantId:`)
      .replaceAll('https://tasks.example/mcp', `${tasksUrl}/mcp`)
      .replaceAll('https://tasks.example', tasksUrl)
      .replace('http://localhost:5000', sidecar.url)
      .replace(/\b300[01]\b/, `${port}`)
    project.write(file, source)
  }
  return project.serve('main.ts', port, node, {
    ...bedrock.environment,
    NODE_EXTRA_CA_CERTS: join(project.folder, 'ca.pem'),
  })
}

/** Serves until the end of the test. @returns the URL */
async function serveHere(fetch: (request: Request) => Response | Promise<Response>): Promise<string> {
  const port = await findFreePort()
  const server = serve({ fetch, port, hostname: 'localhost' })
  onTestFinished(() => void server.close())
  return `http://localhost:${port}`
}

/** An MCP server that says whose token it has got. */
function startMcpServer(): Promise<string> {
  const answer = (request: Request) => {
    const token = decodeToken(request.headers.get('authorization')?.replace('Bearer ', '') ?? '')
    const server = new McpServer({ name: 'tasks', version: '1.0.0' })
    server.registerTool('list_tasks', { description: 'The open tasks' }, () => ({
      content: [{ type: 'text', text: `Water the plants of ${token?.claims['oid']}` }],
    }))
    return createMcpHandler(() => server).fetch(request)
  }
  return serveHere(answer)
}

it('An agent of LangChain gains seven lines, a plain StateGraph too, an API and a page three, and an MCP client one', () => {
  expect(addedLines('langchain/agent.ts')).toHaveLength(7)
  expect(addedLines('state-graph/agent.ts')).toHaveLength(7)
  expect(addedLines('express-api/main.ts')).toHaveLength(3)
  expect(addedLines('hono-api/main.ts')).toHaveLength(3)
  expect(addedLines('mcp-client/agent.ts')).toHaveLength(1)
  expect(addedLines('mcp-adapters/agent.ts')).toHaveLength(1)
  expect([...addedLines('html-page/index.html'), ...addedLines('html-page/page.js')]).toHaveLength(3)
})

it('The READMEs show the examples', () => {
  expect(read('packages/langchain/README.md')).toContain(read('examples/langchain/agent.ts'))
  const tokens = read('packages/tokens/README.md')
  for (const line of addedLines('express-api/main.ts')) expect(tokens).toContain(line.replace(' // +', ''))
  const [imported = '', route = '', served = ''] = addedLines('hono-api/main.ts')
  for (const line of [imported, served]) expect(tokens).toContain(line.replace(' // +', ''))
  expect(route).toContain('api.callerOf(req.raw)')
  expect(tokens).toContain('api.callerOf(req.raw)')
  expect(read('packages/identity/README.md')).toContain(
    'StreamableHTTPClientTransport(url, { fetch: agent.fetch })',
  )
})

it.concurrent.each(examples.filter(name => name !== 'html-page'))(
  '%s compiles in a project of its own, strictly',
  async name => {
    const said = await projectOf(name).compile(['*.ts'], {
      noEmit: true,
      // MCP's own transport does not fit its own interface with it.
      exactOptionalPropertyTypes: false,
      allowImportingTsExtensions: true,
      erasableSyntaxOnly: true,
      types: ['node'],
      typeRoots: [join(root, 'node_modules/@types')],
    })
    // Libraries' own declarations have faults, such as those of @langchain/aws.
    const faults = said.split('\n').filter(line => /^\S/.test(line) && !isOfLibrary.test(line))
    expect(faults).toEqual([])
  },
  // All at once, on a machine with other work.
  180_000,
)

it('The StateGraph needs no langchain', () => {
  expect(projectOf('state-graph').installed).not.toContain('langchain')
})

describe('for Ada and Ben at once', () => {
  needs('node-22')
  needs('node-26')
  const browser = useBrowser()

  const sixRequests = ['ada', 'ben', 'ada', 'ben', 'ada', 'ben'] as const
  const expected = sixRequests.map(user => [identities[user].upn])
  const signIn = (user: string) =>
    entra.signIn({ app: 'page', user, scope: `api://${entra.id('weather')}/access_as_user` })

  /** Whose tasks and tokens an agent answers both users with, in six requests at once. */
  async function askAs(agentUrl: string, question: string) {
    const tokens = { ada: await signIn('ada'), ben: await signIn('ben') }
    const runs = sixRequests.map(async user => {
      const headers = { authorization: `Bearer ${tokens[user].access_token}` }
      const response = await fetch(agentUrl, { method: 'POST', headers, body: question })
      return response.text()
    })
    const answers = await Promise.all(runs)
    return answers.map(answer =>
      [identities.ada, identities.ben].filter(({ oid }) => answer.includes(oid)).map(({ upn }) => upn),
    )
  }

  it.each([
    ['langchain', 'express-api', 'node-22'],
    ['langchain', 'express-api', 'node'],
    ['langchain', 'express-api', 'node-26'],
    ['state-graph', 'hono-api', 'node-22'],
  ])('%s has the tasks of each from %s under %s, and nobody else gets in', async (agent, api, node) => {
    const apiUrl = await start(api, '', node)
    expect((await fetch(`${apiUrl}/tasks`)).status).toBe(401)
    const agentUrl = await start(agent, apiUrl, node)
    expect(await askAs(agentUrl, 'What is to be done?')).toEqual(expected)
    const nobody = await fetch(agentUrl, { method: 'POST', body: 'What is to be done?' })
    expect([nobody.status, await nobody.json()]).toMatchObject([401, { code: 'SIGN_IN_REQUIRED' }])
  })

  it.each(['mcp-client', 'mcp-adapters'])('%s calls the server’s tool with the token of each', async name => {
    const agentUrl = await start(name, await startMcpServer())
    expect(await askAs(agentUrl, 'list_tasks')).toEqual(expected)
  })

  it('html-page shows the trace of what the agent of langchain answers Ada', async () => {
    const agentUrl = await start('langchain', await start('express-api', ''))
    const { access_token } = await signIn('ada')
    const headers = { authorization: `Bearer ${access_token}` }
    const site = new Hono()
    site.post('/answer', async ({ req }) =>
      fetch(agentUrl, { method: 'POST', headers, body: await req.text() }),
    )
    site.use(async (context, next) => {
      context.header('content-security-policy', "default-src 'self'; img-src data:")
      await next()
    })
    site.use(serveStatic({ root: projectOf('html-page').folder }))
    const page = await browser.open(`${await serveHere(site.fetch)}/`)
    await page.getByLabel('Question').fill('What is to be done?')
    await page.getByRole('button', { name: 'Ask' }).click()
    await page.locator('.formula').waitFor()
    expect(await page.locator('output').textContent()).toBe('Those are your tasks.')
    expect(await page.locator('.step').count()).toBeGreaterThan(4)
  })
})
