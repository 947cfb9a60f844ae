import type { ChatResponse } from '@entra-bedrock-agent/identity-trace'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { seedIds } from '../../emulators/entra/src/directory/seed.ts'
import { describeProcesses } from '../../scripts/demo/processes.ts'
import { Supervisor } from '../../scripts/demo/supervisor.ts'
import { findDemoPorts } from '../support/ports.ts'
import { signIn } from '../support/sign-in.ts'
import { graphToken, Workplace } from './support/workplace.ts'

const supervisor = new Supervisor()
let variables: Record<string, string>
let workplace: Workplace
let urls: { entra: string; agent: string }

beforeAll(async () => {
  variables = { WEATHER_PROVIDER: 'climate-normals', LOG_LEVEL: 'silent' }
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
  const read = (name: string) => workplace.variables[name] ?? ''
  const [, ...services] = describeProcesses(variables, {
    TENANT_ID: read('TENANT_ID'),
    BLUEPRINT_APP_ID: read('BLUEPRINT_APP_ID'),
    BLUEPRINT_CLIENT_SECRET: read('BLUEPRINT_CLIENT_SECRET'),
    AGENT_CLIENT_ID: read('AGENT_CLIENT_ID'),
    WEATHER_API_APP_ID: read('WEATHER_API_APP_ID'),
    CLIENT_SPA_APP_ID: read('CLIENT_SPA_APP_ID'),
  })
  return supervisor.start(
    services.map(service => ({ ...service, env: { ...service.env, Logging__LogLevel__Default: 'None' } })),
  )
}

async function ask(mode: 'direct' | 'bedrock', userToken?: string) {
  const flow = userToken === undefined ? 'autonomous' : 'obo'
  const response = await fetch(`${urls.agent}/api/chat`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(userToken === undefined ? {} : { authorization: `Bearer ${userToken}` }),
    },
    body: JSON.stringify({ message: 'Weather in Dallas?', mode, flow }),
  })
  return { status: response.status, body: (await response.json()) as ChatResponse & { code?: string } }
}

it('what apply made and wrote lets all four paths answer, disable stops them and enable lets them go on', async () => {
  const redirectUri = `${urls.agent}/auth/redirect.html`
  const applied = await workplace.run('apply', '--client-secret', '--redirect-uri', redirectUri)
  expect(applied.code).toBe(0)
  await workplace.run('disable')
  expect(await startServices()).toBe(true)
  const refused = await ask('direct')
  expect(refused.body).toMatchObject({ code: 'AGENT_NOT_PERMITTED' })
  expect(JSON.stringify(refused.body)).toContain('AADSTS7000112')

  await workplace.run('enable')
  const { CLIENT_SPA_APP_ID: pageAppId = '', BLUEPRINT_APP_ID: blueprintAppId = '' } = workplace.variables
  const userToken = await signIn({
    entraUrl: urls.entra,
    redirectUri,
    user: seedIds.ada,
    ids: { pageAppId, blueprintAppId },
  })
  for (const mode of ['direct', 'bedrock'] as const) {
    for (const token of [undefined, userToken]) {
      const { status, body } = await ask(mode, token)
      expect(body).toMatchObject({ mode, answer: expect.stringContaining('Dallas') })
      expect(status).toBe(200)
      const card = body.trace.findLast(step => step.token?.role === 'TR')?.token
      expect(card?.claims).toMatchObject({
        azp: workplace.variables['AGENT_CLIENT_ID'],
        xms_par_app_azp: blueprintAppId,
        ...(token ? { oid: seedIds.ada, scp: 'Weather.Read' } : { roles: ['Weather.Read.All'] }),
      })
    }
  }
})
