import { accessSync, constants, existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { Mistake } from '../set-up/mistake.ts'
import { listObjects } from './objects/kinds.ts'
import type { Access, TenantObject } from './objects/tenant-object.ts'
import type { Receipt } from './receipt.ts'
import { StepFailed, wordsForAccess } from './refusals.ts'
import { inStep, type Run, targetOf } from './run.ts'

/**
 * Finds out what would stop a set-up halfway, before anything is made: a file that can't be written, a permission that the token
 * lacks, a name that is taken, a secret in use.
 */
export async function lookAhead(run: Run, receipt: Receipt): Promise<void> {
  checkWritable(run.envFile)
  const objects = listObjects(targetOf(run, receipt, () => receipt.objects))
  const isKnown = (key: string) => receipt.objects[key] !== undefined
  const toMake = objects.filter(({ key, comesAlong }) => !comesAlong && !isKnown(key))
  const [missing] = await findMissing(run, toMake)
  if (missing) throw missing
  for (const object of objects) {
    if (!object.isCheckedFirst || !object.needs.every(isKnown)) continue
    const { fault } = await inStep(run, object, () => object.find(run.graph))
    if (fault) throw fault
  }
}

/** What the token does not permit of what is to be made; nothing where the token does not say. */
async function findMissing(run: Run, objects: readonly TenantObject[]): Promise<readonly StepFailed[]> {
  const { permissions } = await run.graph.caller()
  if (!permissions || everything.some(one => permissions.has(one))) return []
  return objects.flatMap(({ title, access }) =>
    [access.GET ?? access.POST, access.POST]
      .filter(({ permission }) => !isPermitted(permissions, permission))
      .map(lacking => notPermitted(title, lacking)),
  )
}

/** Far-reaching permissions, of which only Graph knows what they are good for. */
const everything = ['Directory.AccessAsUser.All', 'Directory.ReadWrite.All']

function isPermitted(permissions: ReadonlySet<string>, permission: string): boolean {
  const [resource = ''] = permission.split('.')
  return permissions.has(permission) || permissions.has(`${resource}.ReadWrite.All`)
}

function notPermitted(title: string, access: Access): StepFailed {
  const [, fix] = wordsForAccess(access)
  return new StepFailed(
    title,
    'PermissionMissing',
    'The token does not permit it. Nothing was made yet.',
    fix,
  )
}

function checkWritable(path: string): void {
  try {
    accessSync(existsSync(path) ? path : dirname(path), constants.W_OK)
  } catch {
    throw new Mistake(
      `${path} can’t be written, and ids and secret have to go there.`,
      'Name another file with --dotenv, or make this one writable.',
    )
  }
}
