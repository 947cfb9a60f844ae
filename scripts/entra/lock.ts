import { randomUUID } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { Mistake } from '../set-up/mistake.ts'

interface LockHolder {
  readonly id: string
  readonly process: number
  readonly host: string
  readonly since: string
}

/**
 * Lets one run at a time use a receipt, since two runs would both make objects that neither has recorded yet. A lock that a
 * killed run left behind is taken over.
 *
 * @throws {Mistake} when another run has the lock, or the receipt's folder cannot be written
 */
export function lockReceipt(receiptPath: string, nowMs: number): Disposable {
  const path = `${receiptPath}.lock`
  const own: LockHolder = {
    id: randomUUID(),
    process: process.pid,
    host: hostname(),
    since: new Date(nowMs).toISOString(),
  }
  while (!create(path, JSON.stringify(own))) {
    const holder = readHolder(path)
    if (!holder) continue
    if (isAlive(holder)) throw lockProblem(receiptPath, path, holder)
    // Several runs may find the dead run's lock. Only the one that creates the file `claim` removes the lock.
    const claim = `${path}.${holder.id}`
    if (!create(claim, '')) throw lockProblem(receiptPath, path, holder)
    if (readHolder(path)?.id === holder.id) rmSync(path)
    rmSync(claim)
  }
  return { [Symbol.dispose]: () => rmSync(path, { force: true }) }
}

function create(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: 'wx' })
    return true
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return false
    throw new Mistake(
      `No file can be created beside the receipt: ${message}.`,
      'Create the folder, or name a file in another folder with --receipt.',
    )
  }
}

/** The run that has the lock; `undefined` if the file is gone. A file that is still being written counts as another run's. */
function readHolder(path: string): LockHolder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as LockHolder
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    return { id: '', process: process.pid, host: hostname(), since: 'just now' }
  }
}

/** Whether the run may still be at work; `true` for a run on another machine, since it cannot be checked from here. */
function isAlive({ process: id, host }: LockHolder): boolean {
  if (host !== hostname()) return true
  try {
    return process.kill(id, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

function lockProblem(receiptPath: string, path: string, { process: id, host, since }: LockHolder): Mistake {
  return new Mistake(
    `Another run works with ${receiptPath}: process ${id} on ${host}, since ${since}. Two at once would make things twice.`,
    `Wait until it has ended and run this again. If there is no such run, delete ${path}.`,
  )
}
