import { writeFileSync } from 'node:fs'
import type { Role } from '../../doctor/aws/role.ts'
import { Mistake } from '../../set-up/mistake.ts'
import { readVariables } from '../env-file.ts'
import type { Run } from '../run.ts'
import { accessOf, compareRole, trustOf } from './aws.ts'
import { type ReadAzure, readAzureRoles } from './azure.ts'
import { azureRoles, type BlastRadius, countMarks, group } from './branch.ts'
import { readEntra, readFederated } from './entra.ts'
import { readKube } from './kube.ts'
import type { RunKubectl } from './kubectl.ts'
import { addLastUse } from './last-use.ts'
import { drawPicture } from './picture.ts'
import { writeText } from './text.ts'

/** What is read besides Entra; absent = nothing else. */
export interface Surroundings {
  readonly azure?: ReadAzure | undefined
  readonly kubectl?: RunKubectl | undefined
  /** Subjects that may be the pod or change it, and are not counted as surplus. */
  readonly accepted: readonly string[]
  readonly aws?: { readonly roleArn: string; readonly read: (roleArn: string) => Promise<Role> } | undefined
}

export interface Telling extends Surroundings {
  readonly isJson: boolean
  /** File for a picture of the result. */
  readonly pictureFile: string | undefined
}

/**
 * Reports everything that the blueprint's credential reaches, and who reaches the credential, compared with what the receipt
 * planned. Returns `true` if nothing is surplus or wrong; what this caller may not read does not count.
 */
export async function tellBlastRadius(run: Run, telling: Telling): Promise<boolean> {
  const { isJson, pictureFile } = telling
  const radius = await addSurroundings(run, await addLastUse(run, await readEntra(run)), telling)
  if (pictureFile !== undefined)
    writePicture(pictureFile, drawPicture(radius, new Date(run.clock.nowMs()).toISOString().slice(0, 10)))
  const counts = {
    surplus: count(radius, 'surplus'),
    fault: count(radius, 'fault'),
    unread: count(radius, 'unread'),
  }
  if (isJson) run.print(JSON.stringify({ version: 1, ...radius, counts }, undefined, 2))
  else run.print(`${writeText(radius)}\n\n${summary(counts)}`)
  return counts.surplus + counts.fault === 0
}

function writePicture(file: string, picture: string): void {
  try {
    writeFileSync(file, picture)
  } catch (error) {
    throw new Mistake(
      `The picture can’t be written: ${(error as Error).message}`,
      'Name another file with --svg.',
    )
  }
}

/** The same with Azure, Kubernetes and AWS around it. */
async function addSurroundings(
  run: Run,
  radius: BlastRadius,
  { kubectl, accepted, aws, azure }: Surroundings,
): Promise<BlastRadius> {
  const inAzure = azure ? await readAzureRoles(azure, principalsOf(radius)) : [azureRoles]
  if (!kubectl && !aws) return { ...radius, what: [...radius.what, ...inAzure] }
  const credentials = await readFederated(run)
  const inCluster = kubectl ? await readKube(kubectl, credentials, accepted) : []
  const { BEDROCK_MODEL_ID: id, AWS_REGION: region } = readVariables(run.envFile)
  const role =
    aws &&
    (await compareRole(aws.roleArn, await aws.read(aws.roleArn), credentials, {
      id: id || undefined,
      region: region || undefined,
    }))
  return {
    ...radius,
    who: [
      ...radius.who,
      ...group('Kubernetes', inCluster),
      ...(role ? group(`who may become ${role.arn}`, trustOf(role)) : []),
    ],
    what: [...radius.what, ...inAzure, ...(role ? accessOf(role) : [])],
  }
}

/** The agents and their user accounts. */
function principalsOf({ what }: BlastRadius): readonly { readonly title: string; readonly id: string }[] {
  return what.flatMap(({ title, id, branches = [] }) => {
    if (id === undefined || !title.startsWith('agent identity ')) return []
    const account = branches.find(one => one.title === 'its user account')?.id
    return [
      { title, id },
      ...(account === undefined ? [] : [{ title: `user account of ${title}`, id: account }]),
    ]
  })
}

function count({ who, what }: BlastRadius, mark: Parameters<typeof countMarks>[1]): number {
  return countMarks([...who, ...what], mark)
}

function summary({
  surplus,
  fault,
  unread,
}: Readonly<Record<'surplus' | 'fault' | 'unread', number>>): string {
  const found = [
    ...(surplus > 0 ? [`${surplus} that the plan did not ask for`] : []),
    ...(fault > 0 ? [`${fault} at fault`] : []),
  ]
  const result = found.length > 0 ? `Found: ${found.join(', ')}.` : 'Nothing but what the plan asked for.'
  return unread > 0 ? `${result} ${unread} not evaluated: nobody knows what is there.` : result
}
