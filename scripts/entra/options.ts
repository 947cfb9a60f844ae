import { type ParseArgsOptionDescriptor, parseArgs } from 'node:util'
import { type Flow, flowNames } from '@entra-bedrock-agent/identity-trace'
import { Mistake } from '../set-up/mistake.ts'
import { alertsConsents, type Removal, type Settings } from './settings.ts'
import { signInWays } from './sign-in.ts'

const commands = {
  plan: 'shows what apply would make and correct; changes nothing',
  apply: 'makes and corrects everything; goes on where an earlier run stopped',
  status: 'compares the tenant with the receipt, property by property, and tells what nobody asked for',
  'blast-radius':
    'tells everything that the blueprint’s credential reaches, and who reaches it; marks what nobody asked for',
  disable: 'switches agents off: they get no new token',
  enable: 'switches agents on again',
  destroy: 'deletes what the receipt names, and tells before what Entra deletes along',
} as const
export type Command = keyof typeof commands

interface Option extends ParseArgsOptionDescriptor {
  readonly value?: string
  readonly text: string
  /** The commands that have the option; absent if all commands have it. */
  readonly of?: readonly Command[]
}

const setUpCommands: readonly Command[] = ['plan', 'apply']
const switchCommands: readonly Command[] = ['disable', 'enable']

// biome-ignore format: table
const options = {
  tenant: { type: 'string', value: 'id', text: 'tenant; else TENANT_ID, else that of the receipt' },
  agent: { type: 'string', multiple: true, value: 'name[:flows]', text: 'agent identity: autonomous+obo[+agent-user] or none; again for several [weather-agent]; disable, enable: all', of: [...setUpCommands, 'status', 'disable', 'enable'] },
  'agent-user-domain': { type: 'string', value: 'domain', text: 'verified domain of agents’ user accounts [that of the sponsor]', of: setUpCommands },
  'remove-agent': { type: 'string', multiple: true, value: 'name', text: 'take an agent identity away, with what it was given; again for several', of: setUpCommands },
  'cluster-issuer': { type: 'string', value: 'url', text: 'OIDC issuer of the cluster whose tokens are the blueprint’s credential; goes with --service-account', of: setUpCommands },
  'service-account': { type: 'string', value: 'namespace:name', text: 'ServiceAccount of the agent’s pod', of: setUpCommands },
  'remove-cluster': { type: 'string', multiple: true, value: 'issuer', text: 'take the credentials of a cluster away; again for several', of: setUpCommands },
  'client-secret': { type: 'boolean', text: 'make a client secret and write it into the .env file; for trials', of: setUpCommands },
  'replace-client-secret': { type: 'boolean', text: 'make a new secret in place of one that is in use', of: ['apply'] },
  'no-client-secret': { type: 'boolean', text: 'take the client secret away', of: setUpCommands },
  'secret-days': { type: 'string', value: 'days', text: 'how long that secret is valid [30]', of: setUpCommands },
  'redirect-uri': { type: 'string', multiple: true, value: 'uri', text: 'where users come back to; again for several [http://localhost:3001/auth/redirect.html]', of: setUpCommands },
  alerts: { type: 'string', value: alertsConsents.join('|'), text: 'right to keep alerts: for all users, or as each user consents; none: disabled again', of: setUpCommands },
  'unattended-alerts': { type: 'string', multiple: true, value: 'name', text: 'agent that may keep alerts without a user as well; again for several; goes with --alerts', of: setUpCommands },
  'consent-uri': { type: 'string', multiple: true, value: 'uri', text: 'where users come back to after consenting; again for several [with --alerts: beside --redirect-uri]', of: setUpCommands },
  sponsor: { type: 'string', multiple: true, value: 'user', text: 'user who answers for blueprint and agents; again for several [who signs in]', of: setUpCommands },
  owner: { type: 'string', multiple: true, value: 'user', text: 'user who may change blueprint and agents, besides who makes them; again for several', of: setUpCommands },
  'blueprint-name': { type: 'string', value: 'name', text: '[Weather Agent Blueprint]', of: setUpCommands },
  'api-name': { type: 'string', value: 'name', text: '[Weather API]', of: setUpCommands },
  'page-name': { type: 'string', value: 'name', text: '[Weather Agent page]', of: setUpCommands },
  'service-management-reference': { type: 'string', value: 'reference', text: 'for tenants that demand one of every application', of: setUpCommands },
  ticket: { type: 'boolean', text: 'print a request for those who have the roles; signs nobody in', of: setUpCommands },
  adopt: { type: 'string', value: 'set-up id', text: 'write a receipt that got lost anew first, for the agents named; the id is in the applications’ descriptions', of: ['apply', 'status'] },
  azure: { type: 'boolean', text: 'look which roles agents have in Azure, too, as whoever is signed in to the Azure CLI', of: ['blast-radius'] },
  kube: { type: 'boolean', text: 'look who can be the pod in kubectl’s cluster, too', of: ['blast-radius'] },
  accept: { type: 'string', multiple: true, value: 'subject', text: 'who may be the pod or change it, such as system:serviceaccount:<namespace>:<name>; again for several', of: ['blast-radius'] },
  aws: { type: 'string', value: 'role ARN', text: 'look who may become the pods’ role in AWS, too', of: ['blast-radius'] },
  json: { type: 'boolean', text: 'the result as JSON', of: ['blast-radius'] },
  yes: { type: 'boolean', text: 'do not ask', of: ['destroy'] },
  'dry-run': { type: 'boolean', text: 'only show what would be deleted', of: ['destroy'] },
  'with-foreign-agents': { type: 'boolean', text: 'also delete agents of the blueprint that the receipt does not know', of: ['destroy'] },
  'deny-list': { type: 'string', value: 'ConfigMap', text: 'also change the API’s deny list in that ConfigMap; without a name, that which the pods of the chart mount', of: switchCommands },
  prove: { type: 'boolean', text: 'watch and print when the last token was issued and the last call accepted, beside other agents as controls', of: ['disable'] },
  api: { type: 'string', value: 'url', text: 'URL of the API to GET for that; else the weather API’s pods, by kubectl port-forward', of: ['disable'] },
  sidecar: { type: 'string', value: 'url', text: 'a sidecar that runs elsewhere than in the cluster', of: ['disable'] },
  namespace: { type: 'string', value: 'name', text: 'namespace of the pods; else that of kubectl’s context', of: switchCommands },
  'sign-in': { type: 'string', value: signInWays.join('|'), text: 'auto: the Azure CLI, and a device code where its token is refused', default: 'auto' },
  'sign-in-client': { type: 'string', value: 'id', text: 'public client of your own to sign in with' },
  'access-token-file': { type: 'string', value: 'file', text: 'file with an access token for Microsoft Graph, for pipelines; signs nobody in' },
  receipt: { type: 'string', value: 'file', text: 'what was made, without secrets', default: '.entra-receipt.json' },
  dotenv: { type: 'string', value: 'file', text: 'where the ids and the secret go', default: '.env' },
  'agents-config': { type: 'string', value: 'file', text: 'where several agents go, for AGENTS_CONFIG', default: 'agents.json' },
  wait: { type: 'string', value: 'seconds', text: 'how long to wait for Entra to show a change', default: '180' },
  help: { type: 'boolean', text: 'this help' },
} satisfies Record<string, Option>
type OptionName = keyof typeof options
type OptionValues = ReturnType<typeof parseOptions>['values']

/** What the caller asked for. */
export type Invocation = ReturnType<typeof readArguments>

/** The help, if that is what was asked for. */
export function readHelp(args: readonly string[]): string | undefined {
  const { values, positionals } = parseOptions(args)
  return values.help ? helpText(findCommand(positionals[0])) : undefined
}

/** @throws {Mistake} when the arguments make no sense. */
export function readArguments(args: readonly string[]) {
  const { values, positionals } = parseOptions(args)
  const command = readCommand(positionals, values)
  const agents = readAgents(values.agent ?? [], setUpCommands.includes(command))
  const foreign = (Object.keys(values) as OptionName[]).find(name => !isOptionOf(name, command))
  if (foreign)
    throw new Mistake(
      `${command} has no option --${foreign}.`,
      `npx --no-install agentctl entra ${command} --help`,
    )
  for (const [name, value] of Object.entries(values)) checkText(name, value)
  if (command === 'status' && values.agent && !values.adopt)
    throw new Mistake('--agent goes with --adopt here.', 'Leave it out: status looks at all agents.')
  return {
    command,
    isTicket: values.ticket === true,
    isSecretReplaced: values['replace-client-secret'] === true,
    isConfirmed: values.yes === true,
    withForeignAgents: values['with-foreign-agents'] === true,
    /** The id of the set-up whose lost receipt is written again. */
    adopted: values.adopt,
    removal: readRemoval(values),
    isDryRun: values['dry-run'] === true,
    isJson: values.json === true,
    isAzure: values.azure === true,
    isKube: values.kube === true,
    /** Kubernetes subjects that the caller accepts although they may act as the pod or change it. */
    accepted: values.accept ?? [],
    roleArn: values.aws,
    tenantId: values.tenant,
    /** Names; for `disable` and `enable`, an empty list means all agents. */
    agents: agents.map(({ name }) => name),
    signIn: readChoice('sign-in', signInWays, values['sign-in']) ?? 'auto',
    signInClient: values['sign-in-client'],
    accessTokenFile: values['access-token-file'],
    receiptPath: values.receipt,
    envFile: values.dotenv,
    agentsFile: values['agents-config'],
    waitSeconds: readNumber('wait', values.wait) ?? 0,
    /** ConfigMap with the deny list; `null` for the ConfigMap that the chart's pods mount, `undefined` for no deny list. */
    denyList: values['deny-list'] === '' ? null : values['deny-list'],
    isToBeProven: values.prove === true,
    /** The URL that the proof calls, by GET. Default: the weather of a city, at each pod of the weather API. */
    apiUrl: readUrl('api', values.api),
    /** A sidecar that is reached without Kubernetes. */
    sidecarUrl: readUrl('sidecar', values.sidecar)?.replace(/\/$/, ''),
    namespace: values.namespace,
    /** The settings to add to those of the receipt. Users are named as the caller wrote them, not yet by object id. */
    settings: readSettings(values, agents),
  }
}

/** Refuses invisible characters, since names end up in commands, requests and the text of `--ticket`. */
function checkText(name: string, value: unknown): void {
  const texts = [value].flat()
  if (texts.some(text => typeof text === 'string' && /[\p{Cc}\p{Cf}\u2028\u2029]/u.test(text)))
    throw new Mistake(`--${name} has a line break or another character that nobody sees.`, 'Leave it out.')
}

function readCommand([given, ...more]: readonly string[], { ticket }: OptionValues): Command {
  const command = findCommand(given ?? (ticket ? 'plan' : undefined))
  if (command && more.length === 0) return command
  throw new Mistake(
    given === undefined ? 'Which command?' : `There is no command "${[given, ...more].join(' ')}".`,
    `There are ${Object.keys(commands).join(', ')}; --help tells more.`,
  )
}

function findCommand(name: string | undefined): Command | undefined {
  return Object.keys(commands).find((known): known is Command => known === name)
}

function parseOptions(args: readonly string[]) {
  try {
    return parseArgs({ args: args.flatMap(withoutName), options, allowPositionals: true })
  } catch (error) {
    throw new Mistake((error as Error).message, 'npx --no-install agentctl entra --help')
  }
}

/** The name after `--deny-list` may be missing, which parseArgs does not support. */
function withoutName(arg: string, index: number, args: readonly string[]): readonly string[] {
  const next = args[index + 1]
  return arg === '--deny-list' && (next === undefined || next.startsWith('-')) ? ['--deny-list='] : [arg]
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
  const days = readNumber('secret-days', values['secret-days'])
  if (days !== undefined && !values['client-secret'])
    throw new Mistake('--secret-days goes with --client-secret.', 'Give both or neither.')
  if (values['unattended-alerts'] && !['all-users', 'each-user'].includes(values.alerts ?? ''))
    throw new Mistake(
      '--unattended-alerts goes with --alerts all-users or each-user.',
      'Give both or neither.',
    )
  const given = {
    agents: values.agent && agents.map(({ name }) => name),
    agentFlows: agents.some(({ flows }) => flows)
      ? Object.fromEntries(agents.flatMap(({ name, flows }) => (flows ? [[name, flows]] : [])))
      : undefined,
    agentUserDomain: values['agent-user-domain'],
    redirectUris: values['redirect-uri'],
    alerts: readChoice('alerts', alertsConsents, values.alerts),
    unattendedAlerts: values['unattended-alerts'],
    consentUris: values['consent-uri'],
    sponsors: values.sponsor,
    owners: values.owner,
    blueprintName: values['blueprint-name'],
    apiName: values['api-name'],
    pageName: values['page-name'],
    serviceManagementReference: values['service-management-reference'],
    secretDays: values['client-secret'] ? (days ?? 30) : undefined,
    federatedCredentials: readFederated(values['cluster-issuer'], values['service-account']),
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

function readRemoval(values: OptionValues): Removal {
  const clientSecret = values['no-client-secret'] === true
  if (clientSecret && (values['client-secret'] || values['replace-client-secret']))
    throw new Mistake('--no-client-secret takes away what --client-secret makes.', 'Give one of them.')
  return {
    agents: values['remove-agent'] ?? [],
    issuers: values['remove-cluster'] ?? [],
    clientSecret,
  }
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

function readChoice<Choice extends string>(
  name: OptionName,
  choices: readonly Choice[],
  value: string | undefined,
): Choice | undefined {
  const known = choices.find(one => one === value)
  if (known || value === undefined) return known
  throw new Mistake(`--${name} has no "${value}".`, `There are ${choices.join(', ')}.`)
}

function readUrl(name: OptionName, value: string | undefined): string | undefined {
  if (value === undefined || /^https?:$/.test(URL.parse(value)?.protocol ?? '')) return value
  throw new Mistake(`--${name} must be an http or https URL; it is "${value}".`, 'Write it in full.')
}

function readNumber(name: OptionName, value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  if (/^[1-9]\d{0,3}$/.test(value)) return Number(value)
  throw new Mistake(
    `--${name} must be a whole number from 1 to 9999; it is "${value}".`,
    'Leave it out for the default.',
  )
}

function isOptionOf(name: OptionName, command: Command): boolean {
  const { of }: Option = options[name]
  return of === undefined || of.includes(command)
}

/** The help for one command, or the overview. */
function helpText(command: Command | undefined): string {
  const names = (Object.keys(options) as OptionName[]).filter(
    name => command === undefined || isOptionOf(name, command),
  )
  const rows = names.map((name): readonly [head: string, text: string] => {
    const { value, text, default: preset }: Option = options[name]
    return [
      value === undefined ? `--${name}` : `--${name} <${value}>`,
      preset === undefined ? text : `${text} [${preset}]`,
    ]
  })
  const width = Math.min(Math.max(...rows.map(([head]) => head.length)), 34)
  const lines = rows.map(([head, text]) =>
    head.length > width ? `  ${head}\n  ${' '.repeat(width)}  ${text}` : `  ${head.padEnd(width)}  ${text}`,
  )
  const head = command
    ? [`npx --no-install agentctl entra ${command} [options]`, '', `${command} ${commands[command]}.`]
    : [
        'npx --no-install agentctl entra <command> [options]',
        '',
        'Sets up, checks, switches off and takes away what the agent needs in Microsoft Entra.',
        '',
        ...Object.entries(commands).map(([name, text]) => `  ${name.padEnd(width)}  ${text}`),
      ]
  return [
    ...head,
    '',
    'Options',
    ...lines,
    '',
    'Exit codes: 0 done · 1 failed · 2 wrong usage · 3 status, blast-radius: differs, or something is extra',
  ].join('\n')
}
