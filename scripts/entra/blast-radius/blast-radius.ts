import { writeFileSync } from 'node:fs'
import type { Run } from '../run.ts'
import { type BlastRadius, countMarks } from './branch.ts'
import { readEntra } from './entra.ts'
import { drawPicture } from './picture.ts'
import { writeText } from './text.ts'

export interface Telling {
  readonly isJson: boolean
  /** Where a picture goes, too. */
  readonly pictureFile: string | undefined
}

/**
 * Tells everything that the blueprint's credential reaches, and who reaches the credential, against what the receipt planned; `true`
 * when there is nothing but that. What is not shown to this caller counts as neither.
 */
export async function tellBlastRadius(run: Run, { isJson, pictureFile }: Telling): Promise<boolean> {
  const radius = await readEntra(run)
  if (pictureFile !== undefined)
    writeFileSync(pictureFile, drawPicture(radius, new Date(run.clock.nowMs()).toISOString().slice(0, 10)))
  const counts = {
    surplus: count(radius, 'surplus'),
    fault: count(radius, 'fault'),
    unread: count(radius, 'unread'),
  }
  if (isJson) run.print(JSON.stringify({ version: 1, ...radius, counts }, undefined, 2))
  else run.print(`${writeText(radius)}\n\n${summary(counts)}`)
  return counts.surplus + counts.fault === 0
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
