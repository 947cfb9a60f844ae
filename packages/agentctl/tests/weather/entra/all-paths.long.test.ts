import { temporaryFile } from '@entra-agents/service-kit/testing/temporary-file'
import { type ChatResponse, type Flow, flowNames, needsUser } from '@entra-agents/trace'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { seedIds } from '../../../../../emulators/entra/src/testing/seed-ids.ts'
import { describeProcesses, ownApis } from '../../../../../scripts/demo/processes.ts'
import { Supervisor } from '../../../../../scripts/demo/supervisor.ts'
import { findDemoPorts } from '../../../../../tests/support/ports.ts'
import { postJson } from '../../../../../tests/support/post-json.ts'
import { signIn } from '../../../../../tests/support/sign-in.ts'
import { graphToken, Workplace } from '../../entra/support/workplace.ts'

const alertsFile = temporaryFile('alerts.sqlite')
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
})

/** Starts the services of the demo by the `.env` that `apply` wrote, with nothing done by hand. */
function startServices(): Promise<boolean> {
  const written = (name: string) => workplace.variables[name] ?? ''
  const pick = (...names: readonly string[]) => Object.fromEntries(names.map(name => [name, written(name)]))
  const identities = {
    ...pick('TENANT_ID', 'BLUEPRINT_APP_ID', 'BLUEPRINT_CLIENT_SECRET', 'WEATHER_API_APP_ID'),
    ...pick('CLIENT_SPA_APP_ID'),
    AGENT_CLIENT_ID: written('AGENT_CLIENT_ID').split(',')[0] ?? '',
  } as NonNullable<Parameters<typeof describeProcesses>[1]>
  const [, ...services] = describeProcesses(variables, identities, ownApis)
  const agents = pick('AGENTS_CONFIG', 'AGENT_CLIENT_ID', 'AGENT_USERS', 'WEATHER_ALLOWED_CALLERS')
  const silent = { Logging__LogLevel__Default: 'None' }
  return supervisor.start(
    services.map(service => ({ ...service, env: { ...service.env, ...agents, ...silent } })),
  )
}

/** Ada's token for the page. */
function signInAda(): Promise<string> {
  const { CLIENT_SPA_APP_ID: pageAppId = '', BLUEPRINT_APP_ID: blueprintAppId = '' } = workplace.variables
  const ids = { pageAppId, blueprintAppId }
  return signIn({ entraUrl: urls.entra, redirectUri: redirectUri(), user: seedIds.ada, ids })
}
const redirectUri = () => `${urls.agent}/auth/redirect.html`
const idOf = (key: string) => workplace.receipt.objects[key]?.id

type Answer = ChatResponse & { readonly code?: string }

interface Question {
  readonly agent: string
  readonly flow: Flow
  readonly mode?: 'direct' | 'bedrock'
}

async function ask({ agent, flow, mode = 'direct' }: Question, userToken: string): Promise<Answer> {
  const question = { message: 'Weather in Dallas?', mode, flow, agent }
  const token = needsUser(flow) ? userToken : undefined
  return (await postJson(`${urls.agent}/api/chat`, question, { token })).json() as Promise<Answer>
}

function claimsOf({ trace }: ChatResponse) {
  return trace.findLast(step => step.token?.role === 'TR')?.token?.claims
}

it('after apply each agent can use its flows and no others, and disable stops only the agent that it names', async () => {
  const rights = '--agent weather:autonomous+obo+agent-user --agent alerts:obo --agent trainee:none'
  await workplace.run(`apply --client-secret --redirect-uri ${redirectUri()} ${rights}`)
  await workplace.run('disable --agent weather')
  expect(await startServices()).toBe(true)
  const userToken = await signInAda()
  const refused = await ask({ agent: 'weather', flow: 'autonomous' }, userToken)
  expect(refused).toMatchObject({ code: 'AGENT_DISABLED' })
  expect(JSON.stringify(refused)).toContain('AADSTS7000112')
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
  const xms_par_app_azp = workplace.variables['BLUEPRINT_APP_ID']
  for (const mode of ['direct', 'bedrock'] as const) {
    for (const flow of flowNames) {
      const answer = await ask({ agent: 'weather', flow, mode }, userToken)
      expect(answer).toMatchObject({ mode, answer: expect.stringContaining('Dallas') })
      const azp = idOf('agent/weather')
      expect(claimsOf(answer)).toMatchObject({ azp, xms_par_app_azp, ...claims[flow] })
    }
  }
  const denied = await ask({ agent: 'trainee', flow: 'autonomous' }, userToken)
  expect(denied).toMatchObject({ code: 'API_FORBIDDEN' })
})
