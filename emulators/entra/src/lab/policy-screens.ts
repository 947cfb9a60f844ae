import { randomUUID } from 'node:crypto'
import { strictObject } from '@entra-agents/emulator-kit'
import { describeWhatIf } from '@entra-agents/entra-failures/what-if'
import { commonProblem } from '@entra-agents/service-kit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { decide, subjectOf, targetsOf } from '../conditional-access/sign-in.ts'
import type { ServicePrincipal, User } from '../directory/objects.ts'
import { type ConditionalAccessPolicy, Level } from '../directory/policies.ts'
import { type RiskAction, riskActions } from '../directory/risks.ts'
import { findClientByName, findResourceByName, findUserByName } from '../emulator/names.ts'
import type { Entra } from '../entra.ts'
import { type Content, html, type Markup } from '../sign-in/html.ts'
import { facts, list, readForm, schemaForm, sendScreen } from './screen.ts'

const path = '/lab/policies'
const optional = Type.Optional
const Text = Type.String({ minLength: 1, maxLength: 200 })
const named = 'By name or client id.'
const DetectedRisk = strictObject({
  agent: { ...Text, description: named },
  'on behalf of': optional({ ...Text, description: 'Then the risk is the user’s, as at Entra.' }),
  level: Level,
})
const NewPolicy = strictObject({
  whose: Type.Enum(['agents', 'agents’ user accounts', 'users'] as const, {
    description: 'Tokens that are about them.',
  }),
  name: optional({ ...Text, description: 'One of them; else all.' }),
  risk: optional(Level),
  control: Type.Enum(['block', 'mfa'] as const),
  state: Type.Enum(['enabled', 'enabledForReportingButNotEnforced'] as const),
})
const Question = strictObject({
  agent: { ...Text, description: named },
  flow: Type.Enum(['autonomous', 'obo', 'agent-user'] as const),
  user: optional({ ...Text, description: 'On behalf of whom (obo).' }),
  api: { ...Text, description: named },
  risk: optional({ ...Level, description: 'Of whom the token is about; else as it is now.' }),
})

/** The screen with policies and risks, what they would decide about a token, and the routes of its forms. */
export function servePolicies(lab: FastifyInstance): void {
  lab.get(path, async ({ entra }, reply) => sendScreen(reply, 'Policies', show(entra)))
  lab.post(path, async (request, reply) => {
    const question = readForm(request, Question)
    return sendScreen(reply, 'What would happen', [
      answer(request.entra, question),
      html`<h2>Ask again</h2>`,
      schemaForm('policies', 'Ask', Question, question),
    ])
  })
  const addAction = (name: string, act: (request: FastifyRequest, id: string) => void) =>
    lab.post<{ Params: { id: string } }>(`${path}/${name}`, async (request, reply) => {
      act(request, request.params.id)
      return reply.redirect(`/emulator${path}`, 303)
    })
  addAction('new', request => {
    const policy = makePolicy(request.entra, readForm(request, NewPolicy))
    request.entra.directory.content.conditionalAccessPolicies.push(policy)
  })
  addAction(':id/delete', ({ entra: { directory } }, gone) => {
    const { content } = directory
    content.conditionalAccessPolicies = content.conditionalAccessPolicies.filter(({ id }) => id !== gone)
  })
  addAction('risk', request => {
    const { entra } = request
    const risk = readForm(request, DetectedRisk)
    const { 'on behalf of': user, agent } = risk
    const { id } = user ? findUserByName(entra, user) : findClientByName(entra, agent)
    entra.risks.detect(id, 'unfamiliarResourceAccess', risk.level)
  })
  for (const action of Object.keys(riskActions) as RiskAction[])
    addAction(`risk/:id/${action}`, ({ entra }, id) => {
      if (entra.risks.of(id)) entra.risks.act(id, action, entra.settings.current.riskProcessingSeconds)
    })
}
type Question = Static<typeof Question>

function show(entra: Entra): Content {
  const { conditionalAccessPolicies, servicePrincipals, users } = entra.directory.content
  const policies = conditionalAccessPolicies.map(
    ({ id, displayName, state, grantControls, conditions }) =>
      html`<strong>${displayName}</strong> <code>${id}</code>: ${grantControls.builtInControls.join()}, ${state}
<details><summary>Conditions of ${displayName}</summary><pre>${JSON.stringify(conditions, undefined, 2)}</pre></details>
${button(`${id}/delete`, 'Delete', displayName)}`,
  )
  const risks = [...servicePrincipals, ...users].flatMap(({ id, displayName }) => {
    const risk = entra.risks.of(id)
    if (!risk) return []
    const { riskLevel, riskState, isProcessing } = risk
    const processing = isProcessing ? '; a change is being processed' : ''
    const buttons = Object.keys(riskActions).map(name => button(`risk/${id}/${name}`, name, displayName))
    return html`<strong>${displayName}</strong> <code>${id}</code>: ${riskLevel}, ${riskState}${processing}<div>${buttons}</div>`
  })
  return [
    html`<p>Conditional Access is asked about tokens for APIs, never about T1 and T2. Whom a token is about decides which policies count.</p>`,
    html`<h2>What would happen if</h2>`,
    schemaForm('policies', 'Ask', Question, { flow: 'autonomous' }),
    list('Policies', policies),
    html`<h2>A new policy</h2>`,
    schemaForm('policies/new', 'Add policy', NewPolicy, {
      whose: 'agents',
      control: 'block',
      state: 'enabled',
    }),
    list('At risk', risks),
    html`<h2>A new risk</h2>`,
    schemaForm('policies/risk', 'Detect a risk', DetectedRisk, { level: 'high' }),
  ]
}

const button = (action: string, label: string, of: string): Markup =>
  html`<form method="post" action="/emulator${path}/${action}"><button aria-label="${label}: ${of}">${label}</button></form>`

function makePolicy(entra: Entra, wanted: Static<typeof NewPolicy>): ConditionalAccessPolicy {
  const { whose, name, risk, control, state } = wanted
  const one = whose === 'agents' ? findClientByName : findUserByName
  const all = whose === 'agents’ user accounts' ? 'AllAgentIdUsers' : 'All'
  const included = [name ? one(entra, name).id : all]
  const levels = whose === 'users' ? { userRiskLevels: risk && [risk] } : { agentIdRiskLevels: risk }
  const who =
    whose === 'agents'
      ? { clientApplications: { includeAgentIdServicePrincipals: included } }
      : { users: { includeUsers: included } }
  return {
    id: randomUUID(),
    displayName: `${control} ${risk ? `${risk}-risk ` : ''}${name ?? whose}`,
    state,
    conditions: {
      applications: { includeApplications: ['All'] },
      ...who,
      ...(risk ? levels : {}),
    } as ConditionalAccessPolicy['conditions'],
    grantControls: { operator: 'OR', builtInControls: [control] },
  }
}

/** Which policies apply, what Entra would answer, and which row it would write. */
function answer(entra: Entra, question: Question): Content {
  const who = subjectIn(entra, question)
  const api = findResourceByName(entra, question.api).application
  const { risk } = question
  const subject = { ...subjectOf(entra, who), ...(risk ? { risk } : {}) }
  const signIn = { subject, targets: targetsOf(api), contexts: [], appliesEveryTime: false }
  const policies = decide(entra, signIn).map(({ policy, result, reason }) => {
    const { displayName, grantControls } = policy
    return { displayName, result, reason, controls: grantControls.builtInControls }
  })
  const about = { flow: question.flow, about: who.displayName, risk: subject.risk, policies }
  const { code, facts: shown, decisionsTitle, decisions } = describeWhatIf(about)
  const verdict = code === undefined ? 'accepted' : 'refused'
  return [
    facts(
      shown.map(([name, text]) => [
        name,
        name === 'Entra would answer' ? html`<span class="${verdict}">${text}</span>` : text,
      ]),
    ),
    list(
      decisionsTitle,
      decisions.map(([name, decision]) => html`<strong>${name}</strong>: ${decision}`),
    ),
  ]
}

function subjectIn(entra: Entra, { agent, flow, user }: Question): User | ServicePrincipal {
  const principal = findClientByName(entra, agent)
  if (flow === 'autonomous') return principal
  if (flow === 'obo' && user) return findUserByName(entra, user)
  const account = entra.directory.content.users.find(one => one.identityParentId === principal.id)
  if (flow === 'agent-user' && account) return account
  const missing = flow === 'obo' ? 'Name the user.' : 'This agent has no user account.'
  throw commonProblem('INVALID_REQUEST', missing)
}
