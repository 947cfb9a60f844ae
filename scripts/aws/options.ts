import { parseArgs } from 'node:util'
import { defaultModelId } from '../../services/agent/src/model/models.ts'
import { Mistake } from '../set-up/mistake.ts'

const commands = ['plan', 'apply', 'status', 'destroy'] as const
export type Command = (typeof commands)[number]

/** What is wanted in the account. Kept in the receipt, so that status and destroy need no option. */
export interface Settings {
  readonly region: string
  /** Inference profile, model id or ARN. */
  readonly modelId: string
  readonly roleName: string
  readonly namespace: string
  readonly serviceAccount: string
  /** How pods authenticate: by tokens of the cluster’s issuer, or by EKS Pod Identity. */
  readonly way: 'webIdentity' | 'podIdentity'
  /** The issuer of the cluster’s tokens, letter for letter. Absent: that of the EKS cluster. */
  readonly issuer?: string
  /** Name of the EKS cluster. */
  readonly cluster?: string
}

export interface Invocation {
  readonly command: Command
  readonly receiptPath: string
  readonly isConfirmed: boolean
  readonly isDryRun: boolean
  /** For plan and apply; the others go by the receipt. */
  readonly settings: Settings | undefined
}

export const usage = `npm run aws -- <command> [options]

  plan      shows what apply would make and correct; changes nothing
  apply     makes and corrects everything; goes on where an earlier run stopped
  status    compares the account with the receipt
  destroy   deletes what the receipt names, and nothing else

Options of plan and apply
  --service-account <namespace:name>  ServiceAccount of the agent's pods, such as agents:demo-agent
  --cluster-issuer <url>              OIDC issuer of the cluster: kubectl get --raw /.well-known/openid-configuration
  --cluster <name>                    an EKS cluster, in place of its issuer
  --pod-identity                      EKS Pod Identity in place of web identity; goes with --cluster
  --region <region>                   where Bedrock is called [AWS_REGION]
  --model <id>                        inference profile, model id or ARN [the current Claude Haiku]
  --role-name <name>                  [entra-bedrock-agent]

Options of destroy
  --yes                               do not ask
  --dry-run                           only show what would be deleted

  --receipt <file>                    what was made [.aws-receipt.json]
  --help                              this text

Credentials are found as the AWS command line finds them (AWS_PROFILE, SSO, environment).
Exit codes: 0 done · 1 failed · 2 wrong usage · 3 status: differs`

/**
 * Reads the arguments; `undefined` asks for help.
 *
 * @throws {Mistake} when they make no sense.
 */
export function readArguments(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Invocation | undefined {
  const { values, positionals } = parse(args)
  if (values.help) return undefined
  const command = commands.find(known => known === positionals[0])
  if (!command || positionals.length > 1)
    throw new Mistake(
      `"${positionals.join(' ')}" is no command.`,
      `There are ${commands.join(', ')}; --help tells more.`,
    )
  return {
    command,
    receiptPath: values.receipt,
    isConfirmed: values.yes,
    isDryRun: values['dry-run'],
    settings: command === 'plan' || command === 'apply' ? readSettings(values, env) : undefined,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        'service-account': { type: 'string' },
        'cluster-issuer': { type: 'string' },
        cluster: { type: 'string' },
        'pod-identity': { type: 'boolean', default: false },
        region: { type: 'string' },
        model: { type: 'string' },
        'role-name': { type: 'string', default: 'entra-bedrock-agent' },
        receipt: { type: 'string', default: '.aws-receipt.json' },
        yes: { type: 'boolean', default: false },
        'dry-run': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    throw new Mistake((error as Error).message, 'npm run aws -- --help')
  }
}

type Values = ReturnType<typeof parse>['values']

function readSettings(values: Values, env: Readonly<Record<string, string | undefined>>): Settings {
  const [, namespace, serviceAccount] =
    /^([a-z0-9-]+):([a-z0-9.-]+)$/.exec(values['service-account'] ?? '') ?? []
  if (!namespace || !serviceAccount)
    throw new Mistake(
      '--service-account is missing, or not <namespace:name>.',
      'For example: --service-account agents:demo-agent',
    )
  const region = values.region ?? env['AWS_REGION']
  if (!region) throw new Mistake('No region is given.', 'Add --region, or set AWS_REGION.')
  return {
    region,
    modelId: values.model ?? defaultModelId(region),
    roleName: values['role-name'],
    namespace,
    serviceAccount,
    ...readCluster(values),
  }
}

function readCluster(values: Values): Pick<Settings, 'way' | 'issuer' | 'cluster'> {
  const { cluster, 'cluster-issuer': issuer, 'pod-identity': isPodIdentity } = values
  if (isPodIdentity) {
    if (cluster) return { way: 'podIdentity', cluster }
    throw new Mistake('--pod-identity needs --cluster.', 'Name the EKS cluster with --cluster.')
  }
  if (issuer !== undefined && URL.parse(issuer)?.protocol !== 'https:')
    throw new Mistake(
      `The issuer must be an https URL; it is "${issuer}".`,
      'AWS has to fetch its keys from the internet.',
    )
  if (issuer) return { way: 'webIdentity', issuer }
  if (cluster) return { way: 'webIdentity', cluster }
  throw new Mistake(
    'Neither --cluster-issuer nor --cluster is given.',
    'Take the issuer as the cluster names it: kubectl get --raw /.well-known/openid-configuration',
  )
}
