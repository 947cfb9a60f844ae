import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type ChatResponse,
  type Flow,
  flowNames,
  needsUser,
  type PausedResponse,
} from '@entra-bedrock-agent/identity-trace'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { seedIds } from '../../emulators/entra/src/directory/seed.ts'
import { describeProcesses } from '../../scripts/demo/processes.ts'
import { Supervisor } from '../../scripts/demo/supervisor.ts'
import { findDemoPorts } from '../support/ports.ts'
import { postJson } from '../support/post-json.ts'
import { signIn } from '../support/sign-in.ts'
import { applicationToken, graphToken, Workplace } from './support/workplace.ts'

const alertsFile = join(tmpdir(), `alerts-${crypto.randomUUID()}.sqlite`)
const supervisor = new Supervisor()
let variables: Record<string, string>
let workplace: Workplace
let urls: { entra: string; agent: string }

beforeAll(async () => {
  variables = { WEATHER_PROVIDER: 'climate-normals', LOG_LEVEL: 'silent', ALERTS_FILE: alertsFile }
  for (const [name, port] of Object.entries(await findDemoPorts())) variables[name] = String(port)
  urls = {
    entra: `http://localhost:${variables['ENTRA_PORT']}`,
    agent: `http://localhost:${variables['PORT']}`,
  }
  const [entra] = describeProcesses(variables)
  if (!entra) throw new Error('The demo has no Entra.')
  await supervisor.start([{ ...entra, env: { ...entra.env, EMPTY_TENANT: 'true' } }])
  workplace = new Workplace(urls.entra, await graphToken({ url: urls.entra }))
})
afterAll(async () => {
  supervisor.stop()
  await supervisor.finished
  workplace?.[Symbol.dispose]()
  rmSync(alertsFile, { force: true })
})

/** Starts the services of the demo by the `.env` that `apply` wrote, with nothing done by hand. */
function startServices(): Promise<boolean> {
  const read = (name: string) => workplace.variables[name] ?? ''
  const [, ...services] = describeProcesses(variables, {
    TENANT_ID: read('TENANT_ID'),
    BLUEPRINT_APP_ID: read('BLUEPRINT_APP_ID'),
    BLUEPRINT_CLIENT_SECRET: read('BLUEPRINT_CLIENT_SECRET'),
    AGENT_CLIENT_ID: read('AGENT_CLIENT_ID').split(',')[0] ?? '',
    WEATHER_API_APP_ID: read('WEATHER_API_APP_ID'),
    CLIENT_SPA_APP_ID: read('CLIENT_SPA_APP_ID'),
  })
  const agents = Object.fromEntries(
    ['AGENTS_CONFIG', 'AGENT_CLIENT_ID', 'AGENT_USERS', 'WEATHER_ALLOWED_CALLERS'].map(name => [
      name,
      read(name),
    ]),
  )
  return supervisor.start(
    services.map(service => ({
      ...service,
      env: { ...service.env, ...agents, Logging__LogLevel__Default: 'None' },
    })),
  )
}

interface Question {
  readonly agent: string
  readonly flow: Flow
  readonly mode?: 'direct' | 'bedrock'
}

async function ask({ agent, flow, mode = 'direct' }: Question, userToken: string) {
  const question = { message: 'Weather in Dallas?', mode, flow, agent }
  const token = needsUser(flow) ? userToken : undefined
  const response = await postJson(`${urls.agent}/api/chat`, question, { token })
  return (await response.json()) as ChatResponse & { readonly code?: string }
}

function claimsOf({ trace }: ChatResponse) {
  return trace.findLast(step => step.token?.role === 'TR')?.token?.claims
}

it('after apply each agent can use its flows and no others, and disable stops only the agent that it names', async () => {
  const redirectUri = `${urls.agent}/auth/redirect.html`
  const applied = await workplace.run(
    'apply',
    ...['--client-secret', '--redirect-uri', redirectUri, '--agent', 'weather:autonomous+obo+agent-user'],
    ...['--agent', 'alerts:obo', '--agent', 'trainee:none'],
  )
  expect(applied.code).toBe(0)
  await workplace.run('disable --agent weather')
  expect(await startServices()).toBe(true)
  const { CLIENT_SPA_APP_ID: pageAppId = '', BLUEPRINT_APP_ID: blueprintAppId = '' } = workplace.variables
  const userToken = await signIn({
    entraUrl: urls.entra,
    redirectUri,
    user: seedIds.ada,
    ids: { pageAppId, blueprintAppId },
  })
  const refused = await ask({ agent: 'weather', flow: 'autonomous' }, userToken)
  expect(refused).toMatchObject({ code: 'AGENT_DISABLED' })
  expect(JSON.stringify(refused)).toContain('AADSTS7000112')
  const { objects } = workplace.receipt
  const idOf = (key: string) => objects[key]?.id
  const ofAda = { oid: seedIds.ada, scp: 'Weather.Read' }
  const other = await ask({ agent: 'alerts', flow: 'obo' }, userToken)
  expect(other).toMatchObject({ answer: expect.stringContaining('Dallas') })
  expect(claimsOf(other)).toMatchObject({ ...ofAda, azp: idOf('agent/alerts') })

  await workplace.run('enable --agent weather')
  const claims: Record<Flow, Readonly<Record<string, unknown>>> = {
    autonomous: { roles: ['Weather.Read.All'] },
    obo: ofAda,
    'agent-user': { oid: idOf('agent/weather/user'), scp: 'Weather.Read' },
  }
  for (const mode of ['direct', 'bedrock'] as const) {
    for (const flow of flowNames) {
      const answer = await ask({ agent: 'weather', flow, mode }, userToken)
      expect(answer).toMatchObject({ mode, answer: expect.stringContaining('Dallas') })
      const azp = idOf('agent/weather')
      expect(claimsOf(answer)).toMatchObject({ azp, xms_par_app_azp: blueprintAppId, ...claims[flow] })
    }
  }
  const denied = await ask({ agent: 'trainee', flow: 'autonomous' }, userToken)
  expect(denied).toMatchObject({ code: 'API_FORBIDDEN' })
})

it('after apply, a user who has not consented can approve an alert, give consent and step up', async () => {
  const redirectUri = `${urls.agent}/auth/redirect.html`
  const confirm = {
    displayName: 'Confirm changes',
    state: 'enabled',
    conditions: {
      clientAppTypes: ['all'],
      users: { includeUsers: ['All'], excludeUsers: [] },
      applications: { includeAuthenticationContextClassReferences: ['c1'] },
    },
    grantControls: { operator: 'OR', builtInControls: ['mfa'] },
  }
  const policies = `${urls.entra}/v1.0/identity/conditionalAccess/policies`
  const token = await applicationToken({ url: urls.entra }, ['Policy.ReadWrite.ConditionalAccess'])
  const made = await postJson(policies, confirm, { token })
  expect(made.status).toBe(201)
  expect((await workplace.run('apply --alerts each-user')).code).toBe(0)
  const { CLIENT_SPA_APP_ID: pageAppId = '', BLUEPRINT_APP_ID: blueprintAppId = '' } = workplace.variables
  const ids = { pageAppId, blueprintAppId }
  const signInAda = (claims?: string) =>
    signIn({ entraUrl: urls.entra, redirectUri, user: seedIds.ada, ids, claims })
  const ada = await signInAda()
  const question = {
    message: 'Warn me when Oslo falls below -31 °C',
    agent: 'alerts',
    flow: 'obo',
    mode: 'direct',
    pauseFor: ['consent'],
  }
  const asked = await post('/api/chat', question, ada)
  expect(asked).toMatchObject({ kind: 'approval', calls: [{ tool: 'create_alert' }] })
  const consent = await approveAndContinue(asked, ada)
  expect(consent).toMatchObject({ kind: 'consent', consent: { scopes: [{ value: 'Alerts.ReadWrite' }] } })
  expect(await giveConsent(consent.consent?.url ?? '')).toMatch(`${urls.agent}/auth/consent.html?state=`)
  const stepUp = await approveAndContinue(consent, ada)
  expect(stepUp).toMatchObject({ kind: 'step-up', claimsChallenge: expect.stringContaining('"c1"') })
  const done = await approveAndContinue(stepUp, await signInAda(stepUp.claimsChallenge))
  expect(done.answer).toMatch(/Oslo below −31 °C/)
  expect(claimsOf(done)).toMatchObject({ oid: seedIds.ada, scp: 'Alerts.ReadWrite', acrs: ['c1'] })
  expect(await workplace.run('status')).toMatchObject({ code: 0 })
})

type Paused = PausedResponse & ChatResponse

async function post(path: string, body: object, userToken: string): Promise<Paused> {
  const response = await postJson(`${urls.agent}${path}`, body, { token: userToken })
  return (await response.json()) as Paused
}

/** Approves all calls that are shown. */
function approveAndContinue({ continuation, calls, agent }: Paused, userToken: string): Promise<Paused> {
  const decisions = calls.map(({ callId, digest }) => ({ callId, digest, decision: 'approve' }))
  const request = { agent, flow: 'obo', mode: 'direct', pauseFor: ['consent'] }
  return post('/api/chat/continue', { ...request, continuation, decisions }, userToken)
}

/** Consents as Ada, and returns the URL to which the browser is then redirected. */
async function giveConsent(url: string): Promise<string | null> {
  const submit = (fields: Readonly<Record<string, string>>, cookie = '') =>
    fetch(url, { method: 'POST', headers: { cookie }, body: new URLSearchParams(fields), redirect: 'manual' })
  const chosen = await submit({ account: seedIds.ada })
  const [cookie = ''] = chosen.headers.getSetCookie()[0]?.split(';', 1) ?? []
  return (await submit({ account: seedIds.ada, consent: 'accept' }, cookie)).headers.get('location')
}
