import { type Flow, flowNames } from '@entra-agents/trace'
import { type Command as CommandLine, Option } from 'commander'
import { Mistake } from '../set-up/mistake.ts'
import { newProgram } from '../set-up/program.ts'
import { alertsConsents, type Settings } from './settings.ts'

const commands = {
  plan: 'shows what apply would make and correct; changes nothing',
  apply: 'makes and corrects everything; goes on where an earlier run stopped',
  status: 'compares the tenant with the receipt, property by property, and tells what nobody asked for',
  'blast-radius':
    'tells everything that the blueprint’s credential reaches, and who reaches it; marks what nobody asked for',
  'what-if':
    'asks which Conditional Access policies would decide about a token of an agent, and what Entra would answer; changes nothing',
  disable: 'switches agents off: they get no new token',
  enable: 'switches agents on again',
  destroy: 'deletes what the receipt names, and tells before what Entra deletes along',
} as const
export type Command = keyof typeof commands

/** Ways to sign in. `auto` uses the Azure CLI, and a device code if the CLI has no token or Graph refuses the CLI's token. */
export const signInWays = ['auto', 'azure-cli', 'device-code', 'browser'] as const

interface Row {
  /** The option's value; in brackets if it may be left out. */
  readonly value?: string
  readonly text: string
  /** The commands that have the option; absent if all commands have it. */
  readonly of?: readonly Command[]
  readonly multiple?: true
  readonly choices?: readonly string[]
  readonly read?: (name: string, text: string) => unknown
  readonly default?: string | number
  /** The options that it can’t be combined with. */
  readonly conflicts?: readonly string[]
  /** The heading in the help of this option and those after it. */
  readonly group?: string
}

const setUpCommands: readonly Command[] = ['plan', 'apply']
const switchCommands: readonly Command[] = ['disable', 'enable']

// biome-ignore format: table
const options = {
  tenant: { group: 'What', value: '<id>', text: 'tenant; else TENANT_ID, else that of the receipt' },
  agent: { multiple: true, value: '<name[:flows]>', text: 'agent identity: autonomous+obo[+agent-user] or none; again for several [weather-agent]; disable, enable: all; what-if: one', of: [...setUpCommands, 'status', 'what-if', 'disable', 'enable'] },
  flow: { value: '<flow>', choices: flowNames, text: 'how the agent gets the token', default: 'autonomous', of: ['what-if'] },
  user: { value: '<user>', text: 'on behalf of whom (obo), or the agent’s user account, if not the one that it has (agent-user)', of: ['what-if'] },
  resource: { value: '<name>', text: 'API, by display name or client id [that of the receipt]', of: ['what-if'] },
  risk: { value: '<level>', choices: ['low', 'medium', 'high'], text: 'of whom the token is about [none]', of: ['what-if'] },
  'agent-user-domain': { value: '<domain>', text: 'verified domain of agents’ user accounts [that of the sponsor]', of: setUpCommands },
  'remove-agent': { multiple: true, value: '<name>', text: 'take an agent identity away, with what it was given; again for several', of: setUpCommands },
  'cluster-issuer': { group: 'Credential of the blueprint', value: '<url>', text: 'OIDC issuer of the cluster whose tokens are the blueprint’s credential; goes with --service-account', of: setUpCommands },
  'service-account': { value: '<namespace:name>', text: 'ServiceAccount of the agent’s pod', of: setUpCommands },
  'remove-cluster': { multiple: true, value: '<issuer>', text: 'take the credentials of a cluster away; again for several', of: setUpCommands },
  'client-secret': { text: 'make a client secret and write it into the .env file; for trials', of: setUpCommands },
  'replace-client-secret': { text: 'make a new secret in place of one that is in use', of: ['apply'] },
  'no-client-secret': { text: 'take the client secret away', of: setUpCommands, conflicts: ['clientSecret', 'replaceClientSecret'] },
  'secret-days': { value: '<days>', read: readNumber, text: 'how long that secret is valid [30]', of: setUpCommands },
  'redirect-uri': { group: 'Users and their consent', multiple: true, value: '<uri>', text: 'where users come back to; again for several [http://localhost:3001/auth/redirect.html]', of: setUpCommands },
  alerts: { value: '<way>', choices: alertsConsents, text: 'right to keep alerts: for all users, or as each user consents; none: disabled again', of: setUpCommands },
  'unattended-alerts': { multiple: true, value: '<name>', text: 'agent that may keep alerts without a user as well; again for several; goes with --alerts', of: setUpCommands },
  'consent-uri': { multiple: true, value: '<uri>', text: 'where users come back to after consenting; again for several [with --alerts: beside --redirect-uri]', of: setUpCommands },
  sponsor: { group: 'Who answers for it, and names', multiple: true, value: '<user>', text: 'user who answers for blueprint and agents; again for several [who signs in]', of: setUpCommands },
  owner: { multiple: true, value: '<user>', text: 'user who may change blueprint and agents, besides who makes them; again for several', of: setUpCommands },
  'blueprint-name': { value: '<name>', text: '[Weather Agent Blueprint]', of: setUpCommands },
  'api-name': { value: '<name>', text: '[Weather API]', of: setUpCommands },
  'page-name': { value: '<name>', text: '[Weather Agent page]', of: setUpCommands },
  'service-management-reference': { value: '<text>', text: 'for tenants that demand one of every application', of: setUpCommands },
  adopt: { group: 'How', value: '<set-up id>', text: 'write a receipt that got lost anew first, for the agents named; the id is in the applications’ descriptions', of: ['apply', 'status'] },
  azure: { group: 'Where else to look', text: 'look which roles agents have in Azure, too, as whoever is signed in to the Azure CLI', of: ['blast-radius'] },
  kube: { text: 'look who can be the pod in kubectl’s cluster, too', of: ['blast-radius'] },
  accept: { multiple: true, value: '<subject>', text: 'who may act as the agent or change it: system:serviceaccount:<namespace>:<name>, or an object id in Entra; again for several', of: ['blast-radius'] },
  aws: { value: '<role ARN>', text: 'look who may become the pods’ role in AWS, too', of: ['blast-radius'] },
  json: { group: 'How', text: 'the result as JSON (destroy: with --dry-run)', of: ['plan', 'status', 'blast-radius', 'what-if', 'destroy', ...switchCommands] },
  yes: { text: 'do not ask (apply, status: with --adopt)', of: ['apply', 'status', 'destroy'], conflicts: ['dryRun'] },
  'dry-run': { text: 'only show what would be deleted', of: ['destroy'] },
  'with-foreign-agents': { text: 'also delete agents of the blueprint that the receipt does not know', of: ['destroy'] },
  'deny-list': { group: 'Deny list and proof', value: '[ConfigMap]', text: 'also change the API’s deny list in that ConfigMap; without a name, that which the pods of the chart mount', of: switchCommands },
  prove: { text: 'watch and print when the last token was issued and the last call accepted, beside other agents as controls', of: ['disable'] },
  api: { value: '<url>', read: readUrl, text: 'URL of the API to GET for that; else the weather API’s pods, by kubectl port-forward', of: ['disable'] },
  sidecar: { value: '<url>', read: (name, text) => readUrl(name, text).replace(/\/$/, ''), text: 'a sidecar that runs elsewhere than in the cluster', of: ['disable'] },
  namespace: { value: '<name>', text: 'namespace of the pods; else that of kubectl’s context', of: switchCommands },
  'sign-in': { group: 'Sign-in', value: '<way>', choices: signInWays, text: 'auto: the Azure CLI, and a device code where its token is refused', default: 'auto' },
  'sign-in-client': { value: '<id>', text: 'public client of your own to sign in with' },
  'access-token-file': { value: '<file>', text: 'file with an access token for Microsoft Graph, for pipelines; signs nobody in' },
  receipt: { group: 'Files and waiting', value: '<file>', text: 'what was made, without secrets', default: '.entra-receipt.json' },
  dotenv: { value: '<file>', text: 'where the ids and the secret go', default: '.env' },
  'agents-config': { value: '<file>', text: 'where several agents go, for AGENTS_CONFIG', default: 'agents.json' },
  wait: { value: '<seconds>', read: readNumber, text: 'how long to wait for Entra to show a change', default: 180 },
} as const satisfies Record<string, Row>
type Value<R extends Row> = R extends { readonly choices: readonly (infer Choice)[] }
  ? Choice
  : R extends { readonly read: (...given: never) => infer Result }
    ? Result
    : R extends { readonly multiple: true }
      ? readonly string[]
      : R extends { readonly value: `[${string}` }
        ? string | true
        : R extends { readonly value: string }
          ? string
          : true
type Rows = typeof options
type CamelCase<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name
type OptionValues = {
  readonly [Name in keyof Rows as CamelCase<Name>]:
    | Value<Rows[Name]>
    | (Rows[Name] extends { readonly default: unknown } ? never : undefined)
}

/** What the caller asked for. */
export type Invocation = ReturnType<typeof readInvocation>

const examples = `
Examples:
  npx --no-install agentctl entra plan --tenant <id> --client-secret
  npx --no-install agentctl entra apply --agent weather-agent:autonomous+obo --agent trainee:none
  npx --no-install agentctl entra blast-radius --kube --json`
const exitCodes =
  '\nExit codes: 0 done · 1 failed · 2 wrong usage · 3 status, blast-radius: differs, or something is extra'

/** Adds `plan`, `apply` and so on, with their options. `act` carries out what was asked for. */
export function addEntraCommands(
  entra: CommandLine,
  act: (invocation: Invocation) => void | Promise<void>,
): void {
  for (const command of Object.keys(commands) as Command[]) {
    const line = entra.command(command).description(commands[command])
    let group: string | undefined
    for (const [name, row] of Object.entries<Row>(options)) {
      group = row.group ?? group
      if (row.of?.includes(command) ?? true) line.addOption(toOption(name, row).helpGroup(`${group}:`))
    }
    line.action(() => act(readInvocation(command, line.opts<OptionValues>())))
  }
  entra.addHelpText('after', examples).addHelpText('afterAll', exitCodes)
}

function toOption(name: string, row: Row): Option {
  const option = new Option(`--${name}${row.value ? ` ${row.value}` : ''}`, row.text)
  // Otherwise `--no-client-secret` would be the value `false` of `--client-secret`.
  option.negate = false
  option.argParser<unknown>((text, before = []) => {
    checkText(name, text)
    return row.multiple ? [...(before as readonly string[]), text] : (row.read?.(name, text) ?? text)
  })
  if (row.choices) option.choices(row.choices)
  return option.default(row.default).conflicts([...(row.conflicts ?? [])])
}

/** @throws {Mistake} when the arguments make no sense. */
export function readArguments(args: readonly string[]): Invocation {
  const nothing = () => undefined
  const program = newProgram({ print: nothing, say: nothing })
  let found: Invocation | undefined
  addEntraCommands(program, invocation => {
    found = invocation
  })
  program.parse(args, { from: 'user' })
  return found as unknown as Invocation
}

/** @throws {Mistake} when the options make no sense together. */
function readInvocation(command: Command, values: OptionValues) {
  const agents = readAgents(values.agent ?? [], setUpCommands.includes(command))
  const hasKeptAlerts = values.alerts === 'all-users' || values.alerts === 'each-user'
  // biome-ignore format: table
  const companions: readonly (readonly [isGiven: unknown, name: string, hasCompanion: unknown, companion: string])[] = [
    [command === 'status' && values.agent, 'agent', values.adopt, '--adopt here'],
    [command === 'destroy' && values.json, 'json', values.dryRun, '--dry-run here'],
    [command === 'what-if' && values.flow === 'obo', 'flow obo', values.user, '--user'],
    [values.user, 'user', values.flow !== 'autonomous', '--flow obo or agent-user'],
    [values.secretDays, 'secret-days', values.clientSecret, '--client-secret'],
    [values.unattendedAlerts, 'unattended-alerts', hasKeptAlerts, '--alerts all-users or each-user'],
  ]
  for (const [isGiven, name, hasCompanion, companion] of companions)
    if (isGiven && !hasCompanion)
      throw new Mistake(`--${name} goes with ${companion}.`, 'Give both or neither.')
  return {
    ...values,
    command,
    removal: {
      agents: values.removeAgent ?? [],
      issuers: values.removeCluster ?? [],
      clientSecret: values.noClientSecret === true,
    },
    /** Kubernetes subjects and ids in Entra that the caller accepts although they may act as the agent or change it. */
    accepted: values.accept ?? [],
    /** Names; for `disable` and `enable`, an empty list means all agents. */
    agents: agents.map(({ name }) => name),
    /** ConfigMap with the deny list; `null` for the ConfigMap that the chart's pods mount, `undefined` for no deny list. */
    denyList: values.denyList === true ? null : values.denyList,
    /** The settings to add to those of the receipt. Users are named as the caller wrote them, not yet by object id. */
    settings: readSettings(values, agents),
  }
}

/** Refuses invisible characters, since names end up in commands and requests. */
function checkText(name: string, text: string): void {
  if (/^--[a-z]/.test(text))
    throw new Mistake(`--${name} has no value.`, 'Give one; perhaps a variable of the shell is not set.')
  if (/[\p{Cc}\p{Cf}\u2028\u2029]/u.test(text))
    throw new Mistake(`--${name} has a line break or another character that nobody sees.`, 'Leave it out.')
}

interface NamedAgent {
  readonly name: string
  readonly flows?: readonly Flow[]
}

/** Reads `--agent name:flows`. Only `plan` and `apply` take flows; for other commands, all of the text is the name. */
function readAgents(texts: readonly string[], isSetUp: boolean): readonly NamedAgent[] {
  const agents = texts.map(text => {
    const [, name, list] = /^(.+):([^:]*)$/.exec(isSetUp ? text : '') ?? []
    if (name === undefined || list === undefined) return { name: text }
    const given = list === 'none' ? [] : list.split(/[,+]/)
    const flows = flowNames.filter(flow => given.includes(flow))
    if (flows.length === given.length) return { name, flows }
    throw new Mistake(
      `--agent ${text}: "${list}" names no flows.`,
      `Name what the agent may use: ${flowNames.join('+')}, or some of them, or none.`,
    )
  })
  const names = agents.map(({ name }) => name)
  if (names.some(name => name.trim() === ''))
    throw new Mistake('--agent names no agent.', 'Give its name; perhaps a variable of the shell is not set.')
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new Mistake(`--agent ${twice} is given twice.`, 'Give each agent once.')
  return agents
}

function readSettings(values: OptionValues, agents: readonly NamedAgent[]): Partial<Settings> {
  const { agentUserDomain, alerts, unattendedAlerts, blueprintName, apiName, pageName } = values
  const given = {
    ...{ agentUserDomain, alerts, unattendedAlerts, blueprintName, apiName, pageName },
    agents: values.agent && agents.map(({ name }) => name),
    agentFlows: agents.some(({ flows }) => flows)
      ? Object.fromEntries(agents.flatMap(({ name, flows }) => (flows ? [[name, flows]] : [])))
      : undefined,
    redirectUris: values.redirectUri,
    consentUris: values.consentUri,
    sponsors: values.sponsor,
    owners: values.owner,
    serviceManagementReference: values.serviceManagementReference,
    secretDays: values.clientSecret ? (values.secretDays ?? 30) : undefined,
    federatedCredentials: readFederated(values.clusterIssuer, values.serviceAccount),
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

function readFederated(issuer: string | undefined, account: string | undefined) {
  if (issuer === undefined && account === undefined) return undefined
  const [, namespace, name] = /^([a-z0-9-]+):([a-z0-9.-]+)$/.exec(account ?? '') ?? []
  if (issuer === undefined || !URL.canParse(issuer) || !namespace || !name)
    throw new Mistake(
      '--cluster-issuer <url> and --service-account <namespace:name> go together.',
      'Take the issuer as the cluster names it, letter for letter: kubectl get --raw /.well-known/openid-configuration',
    )
  return [{ issuer, subject: `system:serviceaccount:${namespace}:${name}` }]
}

function readUrl(name: string, text: string): string {
  if (/^https?:$/.test(URL.parse(text)?.protocol ?? '')) return text
  throw new Mistake(`--${name} must be an http or https URL; it is "${text}".`, 'Write it in full.')
}

function readNumber(name: string, text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text)
  throw new Mistake(
    `--${name} must be a whole number from 1 to 9999; it is "${text}".`,
    'Leave it out for the default.',
  )
}
