import { styleText } from 'node:util'
import type { Role } from '../../doctor/aws/role.ts'
import type { ClusterReader } from '../../doctor/kube/kubectl.ts'
import type { Output } from '../../set-up/program.ts'
import { visible } from '../../set-up/visible.ts'
import { readVariables } from '../env-file.ts'
import type { Invocation } from '../options.ts'
import { type Run, requireReceipt } from '../run.ts'
import { type ReadAzure, readAzureRoles } from './azure.ts'
import { type BlastRadius, type Branch, flatten, groupUnder, type Mark, unreadBranch } from './branch.ts'
import { readEntra, readFederatedCredentials } from './entra.ts'
import { readKube } from './kube.ts'
import { addLastUse } from './last-use.ts'

/** How to read Azure, Kubernetes and AWS, if they are to be read. */
export interface CloudReaders {
  readonly readAzure?: (tenantId: string) => ReadAzure
  readonly cluster?: ClusterReader
  readonly readRole?: (roleArn: string) => Promise<Role>
}

/**
 * Reports everything that the blueprint's credential reaches, and who reaches the credential, compared with what the receipt
 * planned. Returns `true` if nothing is surplus or wrong; what this caller may not read does not count.
 */
export async function printBlastRadius(
  run: Run,
  invocation: Invocation,
  world: CloudReaders & Output,
): Promise<boolean> {
  const inEntra = await addLastUse(run, await readEntra(run, invocation.accepted))
  const radius = await addFromClouds(run, inEntra, invocation, world)
  const all = flatten([...radius.who, ...radius.what])
  const count = (mark: Mark) => all.filter(one => one.mark === mark).length
  const counts = { surplus: count('surplus'), fault: count('fault'), unread: count('unread') }
  if (invocation.json)
    world.print(JSON.stringify({ version: 1, ...radius, counts, notLookedAt }, undefined, 2))
  else world.print(`${writeText(radius)}\n\n${notLookedAt}\n\n${summary(counts)}`)
  return counts.surplus + counts.fault === 0
}

/** Adds what was found in Azure, Kubernetes and AWS to the blast radius. */
async function addFromClouds(
  run: Run,
  radius: BlastRadius,
  { azure, kube, aws: roleArn, accepted }: Invocation,
  { readAzure, cluster, readRole }: CloudReaders,
): Promise<BlastRadius> {
  const inAzure = await readAzureRoles(azure ? readAzure?.(run.tenantId) : undefined, principalsOf(radius))
  const inCluster =
    kube && cluster ? await readKube(cluster, await readFederatedCredentials(run), accepted) : []
  const planned = requireReceipt(run).settings.federatedCredentials
  // Imported only when needed, since `aws.ts` loads a YAML parser.
  const inAws = roleArn !== undefined && readRole && (await import('./aws.ts'))
  const fix =
    'Check the ARN, and use AWS credentials that may read the role: iam:GetRole, ListRolePolicies, GetRolePolicy, ListAttachedRolePolicies, GetPolicy, GetPolicyVersion.'
  const role = inAws
    ? await inAws
        .compareRole(roleArn, readRole, planned, readVariables(run.envFile))
        .catch(error => ({ who: [unreadBranch(`AWS role ${roleArn}`, error, fix)], what: [] }))
    : { who: [], what: [] }
  return {
    ...radius,
    who: [...radius.who, ...groupUnder('Kubernetes', inCluster), ...role.who],
    what: [...radius.what, ...inAzure, ...role.what],
  }
}

/** The agents and their user accounts. */
function principalsOf({ what }: BlastRadius): readonly { readonly title: string; readonly id: string }[] {
  return flatten(what).flatMap(({ title, id, way }) =>
    id !== undefined && /^(agent identity |its user account$)/.test(title) ? [{ title: way, id }] : [],
  )
}

const notLookedAt =
  'Not looked at at all: Kubernetes without --kube, AWS without --aws; the role’s permissions boundary and instance profiles in AWS, and ' +
  'what other resources (S3, KMS …) and the organisation allow it; who may become one of these users, by password, device or ' +
  'mailbox, or approves what PIM asks; roles of groups that somebody may only join, rules of dynamic groups, administrative units; ' +
  'conditional access and other policies of the tenant; the APIs: who else calls or changes them, and what they let a caller do; ' +
  'rights within other services (Exchange, SharePoint, Teams); what was done with all this (audit log).'

function summary({ surplus, fault, unread }: Readonly<Record<Mark, number>>): string {
  const found = [
    ...(surplus > 0 ? [`${surplus} that the plan did not ask for (SURPLUS)`] : []),
    ...(fault > 0 ? [`${fault} planned but wrong (FAULT)`] : []),
  ]
  const advice =
    'Each may let somebody act as the agent, or the agent do more than planned. Take away what is not meant: the line names it and its id. ' +
    'Plan what is meant (agentctl entra apply), or accept who may change it (--accept <id>), and ask again.'
  return [
    found.length > 0 ? `Found: ${found.join(', ')}. ${advice}` : 'Nothing but what the plan asked for.',
    'Lines without a mark are planned, or there for information, such as administrators of the tenant.',
    ...(unread > 0 ? [`${unread} not evaluated: nobody knows what is there.`] : []),
  ].join(' ')
}

/** What stands before a marked branch. */
const marks: Readonly<Record<Mark, string>> = {
  surplus: styleText('red', 'SURPLUS'),
  fault: styleText('red', 'FAULT'),
  unread: styleText('yellow', 'not evaluated'),
}

/** The two trees as lines of text, with colours only if the output is a terminal. */
export function writeText({ blueprint, who, what, tenantId }: BlastRadius): string {
  return [
    `${blueprint.title} (${blueprint.id}) in tenant ${tenantId}`,
    '',
    'Who can be it, or change it',
    ...writeBranches(who),
    '',
    'What it can be, and do',
    ...writeBranches(what),
  ].join('\n')
}

function writeBranches(branches: readonly Branch[], indent = ''): string[] {
  return branches.flatMap((branch, index) => {
    const isLast = index === branches.length - 1
    return [
      `${styleText('gray', `${indent}${isLast ? '└─' : '├─'}`)} ${writeBranch(branch)}`,
      ...writeBranches(branch.branches ?? [], `${indent}${isLast ? '   ' : '│  '}`),
    ]
  })
}

/** Adds a branch's id only if the branch has a mark or other branches below it. */
function writeBranch({ title, id, mark, branches }: Branch): string {
  const start = mark ? `${marks[mark]} ` : ''
  return `${start}${visible(title)}${id !== undefined && (branches || mark) ? styleText('gray', ` ${id}`) : ''}`
}
