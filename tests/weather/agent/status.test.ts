import { writeFileSync } from 'node:fs'
import { temporaryFile } from '@entra-agents/service-kit/testing/temporary-file'
import type { Problem } from '@entra-agents/trace'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ask, bearer, findMetricsUrl } from '../../contract/agent/ask.ts'
import { startScriptedServer } from '../../contract/agent/scripted-server.ts'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { tenantOf } from '../identity/trial.ts'
import { Stack } from '../support/stack.ts'

const stack = await forFile(Stack.start())
const token = await stack.signIn(identities.ada.oid)

async function get(path: string, url = stack.agentUrl, headers: Readonly<Record<string, string>> = {}) {
  const response = await fetch(`${url}${path}`, { headers })
  // biome-ignore lint/suspicious/noExplicitAny: whatever came over the wire
  const body = (await response.json()) as any
  return { status: response.status, body }
}

/** The members of documents, one a line: all of the first document, and of the others what differs from it. */
function describeDocuments(documents: Readonly<Record<string, unknown>>): string {
  let first = new Map<string, string>()
  const blocks = Object.entries(documents).map(([what, document]) => {
    const members = new Map(membersOf(JSON.parse(writeDocument(document))))
    const changed = [...members].filter(([path, value]) => value !== first.get(path))
    const isPart = (path: string) => [...members.keys()].some(whole => `${path}.`.startsWith(`${whole}.`))
    const gone = [...first.keys()].filter(path => !isPart(path)).map(path => [path, 'is not there'])
    if (first.size === 0) first = members
    return `# ${what}\n${[...changed, ...gone].map(([path, value]) => `${path}: ${value}\n`).join('')}`
  })
  return blocks.join('\n')
}

/** A document as JSON, with names in the place of what differs from run to run. */
function writeDocument(document: unknown): string {
  return JSON.stringify(document, shortenProblems)
    .replaceAll(/http:\/\/localhost:\d+/g, 'http://localhost:<port>')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replaceAll(/\d{4}-\d\d-\d\d/g, '<date>')
    .replaceAll(/"version":"\d+\.\d+\.\d+"/g, '"version":"<version>"')
}

/** The members of a document by their paths; a list is one member if there are no objects in it. */
function membersOf(value: unknown, path = ''): readonly (readonly [path: string, value: string])[] {
  const parts = Object.entries<unknown>(typeof value === 'object' ? { ...value } : {})
  const isWhole =
    parts.every(([, part]) => typeof part !== 'object') && (parts.length === 0 || Array.isArray(value))
  if (isWhole) return [[path, JSON.stringify(value)]]
  return parts.flatMap(([name, part]) => membersOf(part, path === '' ? name : `${path}.${name}`))
}

function shortenProblems(_name: string, value: Partial<Problem> | null): unknown {
  return value?.code ? `${value.status} ${value.code}: ${value.detail}` : value
}

describe('/api/status', () => {
  it('reports as ready only what has been seen to work, answers with 200 before anything has, and gives the reason of a failure', async () => {
    await using silent = await startScriptedServer((request, response) => {
      // The agent waits for this sidecar, which is alive but silent, so that the agent does not know its state yet.
      if (request.url === '/healthz') response.end('Healthy')
    })
    const environment = { SIDECAR_URL: silent.url, WEATHER_API_URL: silent.url, ENTRA_AUTHORITY: silent.url }
    await using lone = await Stack.start({ agent: environment }, ['agent'])
    const unknown = await get('/api/status', lone.agentUrl)
    expect(silent.abandoned).toBe(0)

    const ready = {
      components: { weather_api: { state: 'ready' } },
      flows: { autonomous: { state: 'ready' } },
    }
    await expect.poll(async () => (await get('/api/status')).body).toMatchObject(ready)
    const started = await get('/api/status')
    await ask(stack.agentUrl, { flow: 'obo' }, bearer(token))
    const used = await get('/api/status')
    await stack.stop('sidecar')
    await ask(stack.agentUrl)
    const degraded = await get('/api/status')
    // A reply that names the fault helps users more than no reply.
    expect((await get('/readyz')).status).toBe(200)
    await stack.start('sidecar')
    await ask(stack.agentUrl)
    expect((await get('/api/status')).body.components.sidecar.state).toBe('ready')
    const documents = {
      'after the start': started,
      'before anything behind the agent has answered': unknown,
      'after a turn on behalf of a user': used,
      'after the sidecar stopped': degraded,
    }
    await expect(describeDocuments(documents)).toMatchFileSnapshot('status.txt')
  })

  it('does not take a replica out of service because of an Entra that no replica can reach', async () => {
    await stack.restart('sidecar')
    await stack.stop('entra')
    for (let time = 0; time < 3; time++)
      expect((await ask(stack.agentUrl)).body.code).toBe('ENTRA_UNAVAILABLE')
    expect((await get('/readyz')).status).toBe(200)
    await stack.start('entra')
  })
})

it('/api/config has only public ids, the endpoints of an emulator on loopback, which MSAL needs, and no sign-in that is not configured', async () => {
  const configOf = async (agent: Readonly<Record<string, string>>) => {
    await using lone = await Stack.start({ agent }, ['agent'])
    const { body } = await get('/api/config', lone.agentUrl)
    return { config: body, obo: (await get('/api/status', lone.agentUrl)).body.flows.obo }
  }
  const real = {
    ENTRA_AUTHORITY: '',
    BLUEPRINT_CREDENTIAL: '',
    CLIENT_SPA_APP_ID: '',
    AWS_REGION: 'eu-central-1',
    AWS_BEARER_TOKEN_BEDROCK: 'k',
    BEDROCK_PROBE: 'off',
    TRACE_LINKS: '{"trace":"https://traces.example/{traceId}"}',
  }
  const documents = {
    'an emulator on loopback': await configOf({}),
    'an https emulator at *.localhost': await configOf({ ENTRA_AUTHORITY: 'https://entra.localhost:7001' }),
    'the real Entra, without a page': await configOf(real),
  }
  await expect(describeDocuments(documents)).toMatchFileSnapshot('config.txt')
})

it('/api/config has the question for two agents only if they have a model, and sign-in if the flow needs a user', async () => {
  const question = { title: 'Two', about: 'Each answers.', question: 'Which notes?' }
  const file = temporaryFile('comparison.json', onTestFinished)
  const offered = async (flow: string, agent: Readonly<Record<string, string>>) => {
    writeFileSync(file, JSON.stringify({ ...question, flow, agents: ['default', 'default'] }))
    const model = { AWS_REGION: 'eu-central-1', AWS_BEARER_TOKEN_BEDROCK: 'k', BEDROCK_PROBE: 'off' }
    await using lone = await Stack.start({ agent: { ...model, COMPARISON_CONFIG: file, ...agent } }, [
      'agent',
    ])
    return (await get('/api/config', lone.agentUrl)).body.comparison?.question
  }
  expect(await offered('obo', {})).toBe('Which notes?')
  expect(await offered('obo', { AWS_REGION: '' })).toBeUndefined()
  expect(await offered('obo', { CLIENT_SPA_APP_ID: '' })).toBeUndefined()
  expect(await offered('autonomous', { CLIENT_SPA_APP_ID: '' })).toBe('Which notes?')
})

it('/api/instructions returns the system prompt and each tool with the right that it needs, and whether the agent has it, as far as that is known', async () => {
  const heldNow = async () => {
    const { body } = await get('/api/instructions?flow=autonomous')
    return body.tools.map(({ held }: { held: boolean | null }) => held)
  }
  const documents = {
    'as itself': await get('/api/instructions?agent=default&flow=autonomous'),
    'on behalf of a user': await get('/api/instructions?flow=obo', stack.agentUrl, bearer(token)),
    'on behalf of nobody': await get('/api/instructions?flow=obo'),
    'no flow': await get('/api/instructions'),
    'an unknown flow': await get('/api/instructions?flow=root'),
    'an unknown agent': await get('/api/instructions?flow=autonomous&agent=other'),
    'an unknown parameter': await get('/api/instructions?flow=autonomous&more=1'),
  }
  const text = describeDocuments(documents)
  await expect(text).toMatchFileSnapshot('instructions.txt')
  expect(text).not.toContain(identities.ada.oid)
  expect(text).not.toContain('eyJ')
  const { content } = tenantOf(stack).directory
  const assigned = content.appRoleAssignments
  content.appRoleAssignments = []
  await stack.restart('sidecar')
  expect(await heldNow()).toEqual([false, false])
  content.appRoleAssignments = assigned
  await stack.stop('sidecar')
  expect(await heldNow()).toEqual([null, null])
  await stack.start('sidecar')
})

it('/openapi.json is OpenAPI 3.1 and lists every route of the API', async () => {
  const { openapi, paths } = (await get('/openapi.json')).body
  expect(openapi).toMatch(/^3\.1\./)
  expect(Object.keys(paths).sort().join(' ')).toBe(
    '/api/chat /api/chat/continue /api/config /api/instructions /api/status /livez /readyz /sidecar/livez',
  )
  const { requestBody, responses } = paths['/api/chat'].post
  expect(requestBody.content['application/json'].schema).toMatchObject({
    required: ['message', 'mode', 'flow'],
    additionalProperties: false,
  })
  expect(Object.keys(responses['200'].content)).toEqual(['application/json', 'text/event-stream'])
})

it('Metrics have a port of their own, count by agent, mode, flow and outcome, and name no user', async () => {
  await ask(stack.agentUrl)
  await ask(stack.agentUrl, { message: 'Weather in Qwertzuiopolis?' })
  const text = await (await fetch(await findMetricsUrl(stack.appOf('agent')))).text()
  const labels = 'agent="default",mode="direct",flow="autonomous"'
  expect(text).toMatch(new RegExp(`^agent_turns_total\\{${labels},outcome="OK"\\} \\d+$`, 'm'))
  expect(text).toMatch(new RegExp(`^agent_turns_total\\{${labels},outcome="CITY_NOT_FOUND"\\} 1$`, 'm'))
  expect(text).toMatch(/^agent_turns_in_flight 0$/m)
  expect(text).toMatch(/^agent_turn_first_token_seconds_count\{mode="direct",flow="autonomous"\} \d+$/m)
  expect(text).toMatch(/^process_cpu_seconds_total /m)
  expect(text).not.toContain('Qwertzuiopolis')
  expect((await fetch(`${stack.agentUrl}/metrics`)).status).toBe(404)
})
