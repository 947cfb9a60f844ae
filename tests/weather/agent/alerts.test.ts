import type { IncomingMessage, ServerResponse } from 'node:http'
import { temporaryFile } from '@entra-agents/service-kit/testing/temporary-file'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ask, bearer, continueTurn, type TurnOutcome, tokenCards } from '../../contract/agent/ask.ts'
import { EmulatedAws, staticKeys } from '../../contract/bedrock/emulated-aws.ts'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { Stack } from '../support/stack.ts'

const alertsFile = temporaryFile('alerts.sqlite')
const untilDate = new Date(Date.now() + 30 * 24 * 3_600_000).toISOString().slice(0, 10)
const { ada, ben } = identities
const challenge = JSON.stringify({ access_token: { acrs: { essential: true, value: 'c1' } } })

/** The requests about alerts that reached the weather API. */
let alertCalls: { readonly target: string; readonly key: unknown }[]
/** Ada's Tc, a new one for each test. */
let token: string
/** A temperature for each test, so that tests do not share alerts. */
let celsius = -20

const aws = await forFile(EmulatedAws.start())
const awsEnv = { ...staticKeys, ...aws.environment, BEDROCK_PROBE: 'off' }
const alertEnv = { WEATHER_API_ALERTS: 'true', ALERTS_AUTH_CONTEXT: 'c1' }
const stack = await forFile(
  Stack.start({ weather: { ALERTS_FILE: alertsFile }, agent: { ...awsEnv, ...alertEnv } }),
)
watchAlertCalls()
beforeEach(async () => {
  alertCalls = []
  celsius -= 1
  token = await stack.signIn(ada.oid)
})

function watchAlertCalls(): void {
  stack.appOf('weather').server.on('request', ({ method, url, headers }) => {
    if (url?.startsWith('/alerts'))
      alertCalls.push({ target: `${method} ${url}`, key: headers['idempotency-key'] })
  })
}

const alertPosts = () => alertCalls.filter(({ target }) => target === 'POST /alerts')
const question = () => `Warn me when Oslo falls below ${celsius} °C until ${untilDate}`
const newAlert = () => ({ city: 'Oslo', when: { kind: 'temperature-below', celsius }, untilDate })

async function askAgent(mode: string, message = question(), user = token, pauseFor: readonly string[] = []) {
  const { status, body } = await ask(stack.agentUrl, { mode, message, flow: 'obo', pauseFor }, bearer(user))
  return { status, body: body as unknown as TurnOutcome }
}

/** The user's alerts at the temperature that only this test uses, as the weather API lists them to the agent. */
async function storedAlerts(user = token): Promise<readonly object[]> {
  const { body } = await askAgent('direct', 'my alerts', user)
  const listed = body.trace.find(({ kind }) => kind === 'api-call')?.response?.body
  const { alerts } = listed as { alerts: readonly { readonly when: { readonly celsius: number } }[] }
  return alerts.filter(({ when }) => when.celsius === celsius)
}

const approve = (paused: TurnOutcome, user = token) =>
  continueTurn(stack.agentUrl, paused, 'approve', bearer(user))
const deny = (paused: TurnOutcome) => continueTurn(stack.agentUrl, paused, 'deny', bearer(token))

describe.each(['direct', 'bedrock'])('An alert in a turn in %s mode', mode => {
  it('is not created before the user approves the call that is shown', async () => {
    const { status, body } = await askAgent(mode)
    expect([status, body.status, body.kind]).toEqual([200, 'paused', 'approval'])
    expect(body.calls).toEqual([
      {
        callId: expect.any(String),
        tool: 'create_alert',
        title: 'Create alert',
        sentence: [
          { value: 'Oslo' },
          { text: ' below ' },
          { value: `−${-celsius} °C` },
          { text: ', until ' },
          { value: expect.stringContaining(untilDate.slice(0, 4)) },
          { text: expect.stringContaining('nothing watches the weather for it') },
        ],
        api: 'weather-api',
        effect: 'create',
        arguments: newAlert(),
        digest: expect.any(String),
        stepId: expect.any(String),
      },
    ])
    expect(alertCalls).toEqual([])
    expect(body.trace.filter(({ kind }) => kind === 'api-call')).toEqual([])
  })

  it('is created by one POST of exactly this call, once it is approved', async () => {
    const paused = (await askAgent(mode)).body
    const { status, body } = await approve(paused)
    expect([status, body.turnId]).toEqual([200, paused.turnId])
    expect(body.answer).toMatch(/Oslo below −\d+ °C/)
    expect(body.answer).toMatch(/nothing watches the weather for it/i)
    expect(alertCalls.map(({ target }) => target)).toEqual(['POST /alerts'])
    expect(await storedAlerts()).toEqual([expect.objectContaining(newAlert())])
    const call = body.trace.find(({ kind }) => kind === 'api-call')
    expect(call).toMatchObject({ request: { method: 'POST', body: newAlert() }, response: { status: 201 } })
    expect(body.tools).toEqual([{ name: 'create_alert', arguments: newAlert(), status: 'ok' }])
  })

  it('is created with a token that has the right to alerts and no other right', async () => {
    const { body } = await approve((await askAgent(mode)).body)
    expect(tokenCards(body.trace, 'TR').at(-1)?.claims).toMatchObject({
      azp: identities.agentId,
      oid: ada.oid,
      scp: 'Alerts.ReadWrite',
    })
  })

  it('is not created if the user denies it, and the answer says so', async () => {
    const { body } = await deny((await askAgent(mode)).body)
    expect(body.answer).toContain('Nothing was sent by this denial.')
    expect(body.tools).toEqual([{ name: 'create_alert', arguments: newAlert(), status: 'denied' }])
    expect(alertCalls).toEqual([])
    expect(await storedAlerts()).toEqual([])
  })

  it('is created once, however many times the approval is sent, at the same time or later', async () => {
    const paused = (await askAgent(mode)).body
    const first = await Promise.all([approve(paused), approve(paused)])
    const later = await approve(paused)
    const outcomes = [...first, later].map(({ status, body }) => (status === 200 ? 'done' : body.code))
    expect(outcomes.toSorted()).toEqual(['APPROVAL_USED', 'APPROVAL_USED', 'done'])
    expect(new Set(alertPosts().map(({ key }) => key)).size).toBe(1)
    expect(await storedAlerts()).toHaveLength(1)
  })

  it('that the weather API created before its connection broke is not created again', async () => {
    const paused = (await askAgent(mode)).body
    let isBroken = false
    stack.appOf('weather').server.prependListener('request', (request, response) => {
      if (isBroken || request.url !== '/alerts' || request.method !== 'POST') return
      isBroken = true
      // The alert has been created when the connection is cut, before the response.
      response.writeHead = () => response.destroy()
    })
    const { status, body } = await approve(paused)
    expect([isBroken, status, body.code]).toEqual([true, 200, undefined])
    expect(alertPosts().map(({ key }) => key)).toEqual([alertPosts()[0]?.key, alertPosts()[0]?.key])
    expect(await storedAlerts()).toHaveLength(1)
  })

  it('is deleted by its id when the user approves the deletion', async () => {
    await approve((await askAgent(mode)).body)
    const [alert] = (await storedAlerts()) as readonly { readonly id: string }[]
    const paused = (await askAgent(mode, `delete alert ${alert?.id}`)).body
    expect(paused.calls).toMatchObject([
      {
        tool: 'delete_alert',
        title: 'Delete alert',
        effect: 'delete',
        arguments: { id: alert?.id },
        // What the API says of the alert, not what model or user say.
        sentence: expect.arrayContaining([{ value: 'Oslo' }, { value: `−${-celsius} °C` }]),
      },
    ])
    const look = paused.trace.find(({ kind }) => kind === 'api-call')
    expect([look?.request?.method, look?.parentId]).toEqual(['GET', paused.calls[0]?.stepId])
    expect(await storedAlerts()).toHaveLength(1)
    const { status, body } = await approve(paused)
    expect([status, body.answer]).toEqual([200, expect.stringContaining(alert?.id ?? '')])
    expect(await storedAlerts()).toEqual([])
  })

  it('that the user does not have is not shown for deletion, and nobody is asked', async () => {
    const { body } = await askAgent(mode, `delete alert ${crypto.randomUUID()}`)
    expect(body.status).not.toBe('paused')
    expect(mode === 'direct' ? body.code : body.answer).toMatch(/ALERT_NOT_FOUND|no alert/)
    expect(alertCalls.map(({ target }) => target)).toEqual(['GET /alerts'])
  })

  it('is looked up for its deletion under the user’s identity, after the consent that this needs', async () => {
    await approve((await askAgent(mode)).body)
    const [alert] = (await storedAlerts()) as readonly { readonly id: string }[]
    alertCalls = []
    const tokenOfBen = await stack.signIn(ben.oid)
    const paused = (await askAgent(mode, `delete alert ${alert?.id}`, tokenOfBen, ['consent'])).body
    expect([paused.kind, paused.calls?.[0]?.tool]).toEqual(['consent', 'delete_alert'])
    await giveConsent(paused.consent?.url ?? '', ben.oid)
    const { body } = await approve(paused, tokenOfBen)
    withdrawConsents(ben.oid)
    expect(mode === 'direct' ? body.code : body.answer).toMatch(/ALERT_NOT_FOUND|no alert/)
    expect(alertCalls.map(({ target }) => target)).toEqual(['GET /alerts'])
    expect(await storedAlerts()).toHaveLength(1)
  })

  it('that differs from an existing one only in its last day is not created, and the answer says why', async () => {
    await approve((await askAgent(mode)).body)
    const other = new Date(Date.now() + 20 * 24 * 3_600_000).toISOString().slice(0, 10)
    const { body } = await approve((await askAgent(mode, question().replace(untilDate, other))).body)
    const words = mode === 'direct' ? body.detail : body.answer
    expect(words).toContain(`There is such an alert until ${untilDate}`)
    expect(await storedAlerts()).toHaveLength(1)
  })

  it('waits for the consent of a user who has given none, and goes on with the same call', async () => {
    const tokenOfBen = await stack.signIn(ben.oid)
    const paused = (await askAgent(mode, question(), tokenOfBen, ['consent'])).body
    const consent = (await approve(paused, tokenOfBen)).body
    expect([consent.status, consent.kind, consent.consent?.scopes]).toEqual([
      'paused',
      'consent',
      [{ value: 'Alerts.ReadWrite', text: 'Use the Weather API for you' }],
    ])
    expect(alertCalls).toEqual([])
    await giveConsent(consent.consent?.url ?? '', ben.oid)
    const { status } = await approve(consent, tokenOfBen)
    expect([status, alertPosts().length]).toEqual([200, 1])
    expect(await storedAlerts(tokenOfBen)).toHaveLength(1)
    withdrawConsents(ben.oid)
  })

  it('leads to no request for consent if the API refuses a token that has the right', async () => {
    const paused = (await askAgent(mode, question(), token, ['consent'])).body
    const refuse = (request: IncomingMessage, response: ServerResponse) => {
      if (request.url !== '/alerts') return
      const challenge = 'Bearer error="insufficient_scope", scope="Alerts.ReadWrite"'
      response.writeHead(403, { 'www-authenticate': challenge }).end('{}')
      response.writeHead = () => response
      response.end = () => response
    }
    const { server } = stack.appOf('weather')
    server.prependListener('request', refuse)
    const { body } = await approve(paused)
    server.off('request', refuse)
    expect([body.code, body.detail]).toEqual([
      'API_FORBIDDEN',
      'The API does not allow it, although the agent’s token has Alerts.ReadWrite.',
    ])
    expect(body).not.toHaveProperty('needs')
    expect(alertPosts()).toHaveLength(1)
  })

  it('is not listed for a user without consent if the client cannot ask for consent', async () => {
    const tokenOfBen = await stack.signIn(ben.oid)
    const { body } = await askAgent(mode, 'my alerts', tokenOfBen)
    expect([body.code, body.status]).toEqual(['CONSENT_REQUIRED', 403])
    expect((await askAgent('direct', 'Weather in Oslo?', tokenOfBen)).status).toBe(200)
    expect(alertCalls).toEqual([])
  })

  it('is not listed for a user without consent if the agent never asks for one', async () => {
    const tokenOfBen = await stack.signIn(ben.oid)
    const agentUrl = await stack.startReplica({ CONSENT_FROM_TURNS: 'never' })
    const asked = { mode, message: 'my alerts', flow: 'obo', pauseFor: ['consent'] }
    const { body } = await ask(agentUrl, asked, bearer(tokenOfBen))
    if (mode === 'direct') expect([body.code, body.status]).toEqual(['CONSENT_REQUIRED', 403])
    else
      expect(body.notices).toMatchObject([
        { code: 'API_FORBIDDEN', needs: { permission: 'Alerts.ReadWrite' } },
      ])
    expect(alertCalls).toEqual([])
  })

  it('is neither created nor listed by an agent that calls as itself', async () => {
    const { body } = await ask(stack.agentUrl, { mode, message: question(), flow: 'autonomous' })
    if (mode === 'direct') expect(body.code).toBe('TOOL_NEEDS_A_PERSON')
    else expect(body.answer).toContain('signed-in user')
    const list = await ask(stack.agentUrl, { mode, message: 'my alerts', flow: 'autonomous' })
    expect(list.body).toMatchObject({ code: 'API_FORBIDDEN', needs: { permission: 'Alerts.ReadWrite.All' } })
    expect(alertPosts()).toEqual([])
    const status = await (await fetch(`${stack.agentUrl}/api/status`)).json()
    expect(status).toMatchObject({ status: 'ok', components: { weather_api: { state: 'ready' } } })
  })
})

describe.each(['direct', 'bedrock'])('If alerts demand a step-up, a turn in %s mode', mode => {
  beforeAll(async () => {
    await stack.restart('weather', { ALERTS_AUTH_CONTEXT: 'c1' })
    watchAlertCalls()
  })

  it('waits again when the API demands the step-up, and creates the alert with a token that proves the context', async () => {
    const stepUp = (await approve((await askAgent(mode)).body)).body
    expect([stepUp.status, stepUp.kind, stepUp.claimsChallenge]).toEqual(['paused', 'step-up', challenge])
    expect(stepUp.calls).toMatchObject([{ tool: 'create_alert', arguments: newAlert() }])
    expect(await storedAlerts()).toEqual([])
    const stronger = await stack.signIn(ada.oid, stepUp.claimsChallenge)
    const { status, body } = await approve(stepUp, stronger)
    expect([status, body.answer]).toEqual([200, expect.stringMatching(/Oslo below/)])
    expect(tokenCards(body.trace, 'Tc')[0]?.claims).toMatchObject({ acrs: ['c1'] })
    expect(tokenCards(body.trace, 'TR').at(-1)?.claims).toMatchObject({
      acrs: ['c1'],
      scp: 'Alerts.ReadWrite',
    })
    expect(new Set(alertPosts().map(({ key }) => key)).size).toBe(1)
    expect(alertPosts()).toHaveLength(2)
    expect(await storedAlerts()).toHaveLength(1)
  })

  it('does not wait for a step-up if the user’s token already proves the context', async () => {
    const stronger = await stack.signIn(ada.oid, challenge)
    const { body } = await approve((await askAgent(mode, question(), stronger)).body, stronger)
    expect(body.answer).toMatch(/Oslo below/)
    expect(alertPosts()).toHaveLength(1)
  })

  it('calls the API to list alerts with a token that proves the context if the user’s token proves the context', async () => {
    const stronger = await stack.signIn(ada.oid, challenge)
    await approve((await askAgent(mode, question(), stronger)).body, stronger)
    const { body } = await askAgent(mode, 'my alerts', stronger)
    expect(tokenCards(body.trace, 'TR').at(-1)?.claims).toMatchObject({ acrs: ['c1'] })
  })

  it('ends without a change if the agent’s token does not prove the context even after the step-up', async () => {
    const stepUp = (await approve((await askAgent(mode)).body)).body
    const stronger = await stack.signIn(ada.oid, stepUp.claimsChallenge)
    await setCarriesContexts(false)
    const { body } = await approve(stepUp, stronger)
    await setCarriesContexts(true)
    expect([body.code, body.status]).toEqual(['STEP_UP_NOT_CARRIED', 502])
    expect(await storedAlerts()).toEqual([])
  })

  it('changes nothing if another user tries to continue the turn', async () => {
    const stepUp = (await approve((await askAgent(mode)).body)).body
    const ofBen = await stack.signIn(ben.oid, challenge)
    expect((await approve(stepUp, ofBen)).body.code).toBe('APPROVAL_NOT_YOURS')
    expect(await storedAlerts()).toEqual([])
  })
})

describe.each(['direct', 'bedrock'])('An agent that may create alerts on its own, in %s mode,', mode => {
  let agentUrl: string
  beforeAll(async () => {
    assignRole('Alerts.ReadWrite.All')
    // The sidecar's cache still has tokens that lack the role.
    await stack.restart('sidecar')
    agentUrl = await stack.startReplica({ WEATHER_API_UNATTENDED_TOOLS: 'create_alert' })
  })

  it('creates an alert at once, by its role, and needs no authentication context', async () => {
    const { body } = await ask(agentUrl, { mode, message: question(), flow: 'autonomous' })
    expect(body.answer).toMatch(/Oslo below/)
    expect(alertCalls.map(({ target, key }) => [target, key])).toEqual([
      ['POST /alerts', expect.stringMatching(/^"[\w-]{43}"$/)],
    ])
    const call = body.trace.find(({ kind }) => kind === 'api-call')
    expect(call?.response?.body).toMatchObject({ ...newAlert(), validated: { flow: 'autonomous' } })
    expect(await storedAlerts()).toEqual([])
  })

  it('deletes no alert on its own, and still asks the user when it acts for a user', async () => {
    const message = `delete alert ${crypto.randomUUID()}`
    const { body } = await ask(agentUrl, { mode, message, flow: 'autonomous' })
    if (mode === 'direct') expect(body.code).toBe('TOOL_NEEDS_A_PERSON')
    else expect(body.answer).toContain('signed-in user')
    const { body: paused } = await ask(agentUrl, { mode, message: question(), flow: 'obo' }, bearer(token))
    expect((paused as unknown as TurnOutcome).status).toBe('paused')
    expect(alertCalls).toEqual([])
  })
})

function assignRole(role: string): void {
  const { directory } = stack.appOf('entra').entra
  const api = directory.application(identities.weatherAppId)
  const appRoleId = api?.appRoles.find(({ value }) => value === role)?.id ?? ''
  directory.content.appRoleAssignments.push({
    id: crypto.randomUUID(),
    principalId: identities.agentId,
    resourceId: directory.principal(identities.weatherAppId)?.id ?? '',
    appRoleId,
    createdDateTime: new Date().toISOString(),
  })
}

async function setCarriesContexts(carriesContexts: boolean): Promise<void> {
  const { ok } = await fetch(`${stack.entraUrl}/emulator/settings`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ carriesContexts }),
  })
  expect(ok).toBe(true)
}

function withdrawConsents(user: string): void {
  const { content } = stack.appOf('entra').entra.directory
  content.permissionGrants = content.permissionGrants.filter(({ principalId }) => principalId !== user)
}

async function giveConsent(url: string, account: string): Promise<void> {
  const submit = (fields: Readonly<Record<string, string>>, cookie = '') =>
    fetch(url, { method: 'POST', headers: { cookie }, body: new URLSearchParams(fields), redirect: 'manual' })
  const page = await submit({ account })
  const [cookie = ''] = page.headers.getSetCookie()[0]?.split(';', 1) ?? []
  const done = await submit({ account, consent: 'accept' }, cookie)
  expect(done.headers.get('location')).toMatch(/\/auth\/consent\.html\?state=/)
}
