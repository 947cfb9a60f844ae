import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Status } from '@entra-agents/trace'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TurnOutcome, tokenCards } from '../../contract/agent/ask.ts'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { chooseAccount } from '../../support/sign-in.ts'
import { tenantOf } from '../identity/trial.ts'
import { AlertTurns, type Asked, dateIn } from '../support/alert-turns.ts'

type Reply = { readonly status: number; readonly body: TurnOutcome }
type Scenarios = Readonly<Record<string, () => Promise<unknown>>>

const { ada, ben, agentId } = identities
const challenge = JSON.stringify({ access_token: { acrs: { essential: true, value: 'c1' } } })
const otherDay = dateIn(20)
const turns = await forFile(AlertTurns.start({ ALERTS_AUTH_CONTEXT: 'c1' }))
const { stack } = turns
const tenant = tenantOf(stack)
const token = await stack.signIn(ada.oid)
const neverConsents = await stack.startReplica({ CONSENT_FROM_TURNS: 'never' })
const stronger = await stack.signIn(ada.oid, challenge)
/** The requests about alerts that reached the weather API. */
const requests: { readonly target: string; readonly key: unknown }[] = []
watchRequests()

function watchRequests(): void {
  stack.appOf('weather').server.on('request', ({ method, url, headers }) => {
    if (url?.startsWith('/alerts'))
      requests.push({ target: `${method} ${url}`, key: headers['idempotency-key'] })
  })
}

let mode: string
/** What happens in the turns of one test, line by line, as the client sees it. */
let told: string[]

function note(what: string, { status, body }: Reply): TurnOutcome {
  told.push(`${what}: ${describeReply(status, body)}`)
  return body
}
const ask = async (asked: Partial<Asked> = {}) => note('asked', await turns.ask({ mode, token, ...asked }))
const approve = async (paused: TurnOutcome, user = token) =>
  note('approved', await turns.decide('approve', paused, user))
const deny = async (paused: TurnOutcome) => note('denied', await turns.decide('deny', paused, token))

/** Asks for an alert and approves it; returns the alert's id. */
async function create(): Promise<string> {
  const { body } = await turns.ask({ mode, token })
  await turns.decide('approve', body, token)
  requests.length = 0
  return turns.stored[0]?.id ?? ''
}

/** All that happened in a test; a reply that is as the first to such a request in `first` is not told again. */
function describeTurns(first: Map<string, string>): string {
  const keys = [...new Set(requests.map(({ key }) => key))].filter(Boolean)
  const seen = requests.map(({ target, key }) => (key ? `${target} (key ${keys.indexOf(key) + 1})` : target))
  const owners = turns.stored.map(({ owner }) => owner)
  const replies = told.map(nameWhatDiffers).map(reply => {
    const [what = ''] = reply.split(':', 1)
    if (first.get(what) === reply) return `${what}: as at first`
    if (!first.has(what)) first.set(what, reply)
    return reply
  })
  const ends = [`weather API: ${seen.join(', ') || '-'}`, `alerts: ${owners.join(', ') || '-'}`]
  return [...replies, ...ends.map(nameWhatDiffers)].join('\n')
}

/** The text with names in the place of what differs from run to run. */
function nameWhatDiffers(text: string): string {
  const names = new Map([
    [agentId, '<agent>'],
    [ada.oid, '<Ada>'],
  ])
  return text
    .replaceAll(turns.untilDate, '<date>')
    .replaceAll(otherDay, '<other date>')
    .replaceAll(/\w+day \d+ \w+ \d{4}/g, '<day>')
    .replaceAll(/[\da-f]{8}-[\da-f-]{27}/g, id => names.get(id) ?? '<id>')
    .replaceAll(/−?[\d.]+(?= °C)|(?<="celsius":)[\d.]+/g, '<t>')
}

function describeReply(status: number, body: TurnOutcome): string {
  const { kind, calls = [], consent, claimsChallenge, answer, tools = [], code, detail, notices = [] } = body
  const { needs, mayHaveBeenDone } = body as { needs?: { permission: string }; mayHaveBeenDone?: boolean }
  const [card] = tokenCards(body.trace ?? [], 'TR').slice(-1)
  const { azp, oid, scp, roles, acrs } = card?.claims ?? {}
  return [
    `${status} ${body.status === 'paused' ? `waits for ${kind}` : (code ?? 'done')}`,
    ...calls.map(
      call => `shows ${call.tool}, ${call.effect} “${call.title}” ${JSON.stringify(call.arguments)}:
      ${call.sentence?.map(part => ('text' in part ? part.text : `[${part.value}]`)).join('')}`,
    ),
    ...(consent?.scopes ?? []).map(({ value, text }) => `consent to ${value}: ${text}`),
    ...(claimsChallenge ? [`challenge ${claimsChallenge}`] : []),
    ...[detail, answer].filter(Boolean).map(text => `says “${text?.replaceAll('\n', ' / ')}”`),
    ...tools.map(tool => `tool ${tool.name} ${tool.status}`),
    ...notices.map(notice => `notice ${notice.code}, needs ${notice.needs?.permission}`),
    ...(needs ? [`needs ${needs.permission}`] : []),
    ...(mayHaveBeenDone ? ['may have been done'] : []),
    ...(body.trace ?? []).flatMap(step => describeCall(step, calls)),
    ...(card ? [`TR ${JSON.stringify({ azp, oid, scp, roles, acrs })}`] : []),
  ].join('\n    ')
}

function describeCall(step: TurnOutcome['trace'][number], calls: TurnOutcome['calls']): readonly string[] {
  const { kind, request, response, parentId } = step
  if (kind !== 'api-call') return []
  const isInStep = calls.some(({ stepId }) => stepId === parentId)
  const place = isInStep ? 'in the step of the call' : JSON.stringify(request?.body)
  return [`calls ${request?.method} ${place ?? ''} → ${response?.status ?? 'no response'}`.replace('  ', ' ')]
}

async function tell(newMode: string, scenarios: Scenarios): Promise<string> {
  const texts: string[] = []
  const first = new Map<string, string>()
  const { content } = tenant.directory
  const grants = [...content.permissionGrants]
  mode = newMode
  for (const [what, act] of Object.entries(scenarios)) {
    turns.next()
    requests.length = 0
    told = []
    await act()
    texts.push(`# ${what}\n${describeTurns(first)}\n`)
    turns.forget()
    content.permissionGrants = [...grants]
  }
  return texts.join('\n')
}

/** Lets `act` answer in the place of the weather API until it is removed. */
function intercept(act: (request: IncomingMessage, response: ServerResponse) => void): () => void {
  const { server } = stack.appOf('weather')
  server.prependListener('request', act)
  return () => server.off('request', act)
}

const scenarios: Scenarios = {
  'An alert is created by one POST of exactly the call that was shown, and not before it is approved, with a token that has the right to alerts alone':
    async () => approve(await ask()),
  'An alert is not created if the user denies it': async () => deny(await ask()),
  'An alert is created once, however many times the approval is sent, at the same time or later':
    async () => {
      const paused = await ask()
      const decided = await Promise.all([1, 2].map(() => turns.decide('approve', paused, token)))
      const codes = decided.map(({ body }) => body.code ?? 'done')
      told.push(`approved twice: ${codes.toSorted().join(', ')}`)
      await approve(paused)
    },
  'An alert that the weather API created before its connection broke is not created again': async () => {
    const paused = await ask()
    // The alert has been created when the connection is cut, before the response.
    const mend = intercept(({ method }, response) => {
      if (method !== 'POST') return
      mend()
      response.writeHead = () => response.destroy()
    })
    await approve(paused)
  },
  'An alert is listed, and deleted by its id after approval; it is shown as the API knows it': async () => {
    const id = await create()
    await ask({ message: 'my alerts' })
    await approve(await ask({ message: `delete alert ${id}` }))
  },
  'An alert that the user does not have is not shown for deletion, and nobody is asked': () =>
    ask({ message: `delete alert ${crypto.randomUUID()}` }),
  'An alert is looked up for its deletion under the user’s identity, after the consent that this needs':
    async () => {
      const id = await create()
      const user = await stack.signIn(ben.oid)
      const paused = await ask({ message: `delete alert ${id}`, token: user, pauseFor: ['consent'] })
      await giveConsent(paused)
      await approve(paused, user)
    },
  'An alert that differs from an existing one only in its last day is not created, and the answer says why':
    async () => {
      await create()
      await approve(await ask({ message: turns.question.replace(turns.untilDate, otherDay) }))
    },
  'An alert waits for the consent of a user who has given none, and goes on with the same call': async () => {
    const user = await stack.signIn(ben.oid)
    const consent = await ask({ token: user, pauseFor: ['consent'] })
    await giveConsent(consent)
    await approve(await approve(consent, user), user)
  },
  'Nobody is asked about an alert to which the agent has no right, and neither consent nor a call of the API is tried':
    askWithoutRight,
  'An alert leads to no request for consent if the API refuses a token that has the right': async () => {
    const paused = await ask({ pauseFor: ['consent'] })
    const mend = intercept(({ url }, response) => {
      if (url !== '/alerts') return
      const challenge = 'Bearer error="insufficient_scope", scope="Alerts.ReadWrite"'
      response.writeHead(403, { 'www-authenticate': challenge }).end('{}')
      response.writeHead = () => response
      response.end = () => response
    })
    await approve(paused)
    mend()
  },
  'An alert is not listed for a user without consent if the client cannot ask for consent': async () => {
    const user = await stack.signIn(ben.oid)
    await ask({ message: 'my alerts', token: user })
    const weather = await turns.ask({ mode: 'direct', message: 'Weather in Oslo?', token: user })
    told.push(`asked about the weather: ${weather.status}`)
  },
  'An alert is not listed for a user without consent if the agent never asks for one': async () =>
    ask({
      message: 'my alerts',
      token: await stack.signIn(ben.oid),
      pauseFor: ['consent'],
      url: neverConsents,
    }),
  'An alert is neither created nor listed by an agent that calls as itself, whose health this does not change':
    async () => {
      await ask({ token: undefined })
      await ask({ token: undefined, message: 'my alerts' })
      const status = (await (await fetch(`${stack.agentUrl}/api/status`)).json()) as Status
      told.push(`status: ${status.status}, weather API ${status.components['weather_api']?.state}`)
    },
}

async function askWithoutRight() {
  const token = await stack.signIn(ben.oid)
  const body = await ask({ token, pauseFor: ['consent'], url: neverConsents })
  const steps = (body.trace ?? []).map(({ kind, status, problem }) => [kind, status, problem?.code].join(' '))
  const inner = steps.filter(step => !step.startsWith('model'))
  if (inner.length > 0) told.push(`steps: ${inner.join(', ')}`)
}

const stepUpScenarios: Scenarios = {
  'A turn waits again when the API demands a step-up, and creates the alert with a token that proves the context':
    async () => {
      const stepUp = await approve(await ask())
      await approve(stepUp, await stack.signIn(ada.oid, stepUp.claimsChallenge))
    },
  'A turn does not wait for a step-up if the user’s token already proves the context, which listing uses too':
    async () => {
      await approve(await ask({ token: stronger }), stronger)
      await ask({ message: 'my alerts', token: stronger })
    },
  'A turn ends without a change if the agent’s token does not prove the context even after the step-up':
    async () => {
      const stepUp = await approve(await ask())
      const user = await stack.signIn(ada.oid, stepUp.claimsChallenge)
      tenant.settings.change({ carriesContexts: false })
      await approve(stepUp, user)
      tenant.settings.reset()
    },
  'A turn changes nothing if another user tries to continue it': async () => {
    const stepUp = await approve(await ask())
    await approve(stepUp, await stack.signIn(ben.oid, challenge))
  },
}

const unattendedScenarios = (url: string): Scenarios => ({
  'An agent that may creates an alert at once, by its role, and needs no authentication context': () =>
    ask({ token: undefined, url }),
  'An agent that may create alerts deletes none on its own, and still asks the user when it acts for a user':
    async () => {
      await ask({ token: undefined, url, message: `delete alert ${crypto.randomUUID()}` })
      await ask({ url })
    },
})

const modes = ['direct', 'bedrock']

it.each(modes)(
  'Alerts in %s mode are created, listed and deleted only as their user approves',
  async mode => {
    await expect(tell(mode, scenarios)).resolves.toMatchFileSnapshot(`alerts-${mode}.txt`)
  },
)

describe('If the sidecar’s entry for alerts asks for all scopes that were granted,', () => {
  beforeAll(async () => {
    await stack.restart('sidecar', {
      DownstreamApis__weatherAlerts__Scopes__0: `api://${identities.weatherAppId}/.default`,
    })
  })
  afterAll(() => stack.restart('sidecar'))

  it.each(modes)('nobody is asked in %s mode about an alert if the token lacks the scope', async mode => {
    const text = await tell(mode, { 'A token without the scope': askWithoutRight })
    await expect(text).toMatchFileSnapshot(`alerts-without-right-${mode}.txt`)
  })
})

describe('If alerts demand a step-up,', () => {
  beforeAll(async () => {
    await stack.restart('weather', { ALERTS_AUTH_CONTEXT: 'c1' })
    watchRequests()
  })

  it.each(modes)('turns in %s mode change alerts only with tokens that prove it', async mode => {
    await expect(tell(mode, stepUpScenarios)).resolves.toMatchFileSnapshot(`alerts-step-up-${mode}.txt`)
  })

  it.each(modes)('an agent with the role creates alerts on its own in %s mode, without it', async mode => {
    assignRole('Alerts.ReadWrite.All')
    // The sidecar's cache still has tokens that lack the role.
    await stack.restart('sidecar')
    const url = await stack.startReplica({ WEATHER_API_UNATTENDED_TOOLS: 'create_alert' })
    const text = await tell(mode, unattendedScenarios(url))
    await expect(text).toMatchFileSnapshot(`alerts-unattended-${mode}.txt`)
  })
})

function assignRole(role: string): void {
  const { directory } = tenant
  const api = directory.application(identities.weatherAppId)
  directory.content.appRoleAssignments.push({
    id: crypto.randomUUID(),
    principalId: agentId,
    resourceId: directory.principal(identities.weatherAppId)?.id ?? '',
    appRoleId: api?.appRoles.find(({ value }) => value === role)?.id ?? '',
    createdDateTime: new Date().toISOString(),
  })
}

/** Ben consents, as the paused turn asks. */
async function giveConsent({ consent }: TurnOutcome): Promise<void> {
  const { headers } = await chooseAccount(consent?.url ?? '', ben.oid, { consent: 'accept' })
  expect(headers.get('location')).toMatch(/\/auth\/consent\.html\?state=/)
}
