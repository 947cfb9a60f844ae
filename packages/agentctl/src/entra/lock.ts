import { randomUUID } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { Mistake } from '../set-up/mistake.ts'
import { explainSystemError } from '../set-up/system-errors.ts'

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
  const since = new Date(nowMs).toISOString()
  const own: LockHolder = { id: randomUUID(), process: process.pid, host: hostname(), since }
  return lock(`${receiptPath}.lock`, own, receiptPath)
}

function lock(path: string, own: LockHolder, receiptPath: string): Disposable {
  while (!create(path, JSON.stringify(own))) {
    const holder = readHolder(path)
    if (!holder) continue
    if (isAlive(holder))
      throw new Mistake(
        `Another run works with ${receiptPath}: process ${holder.process} on ${holder.host}, since ${holder.since}. Two at once would make things twice.`,
        `Wait until it has ended and run this again. If there is no such run, delete ${path}.`,
      )
    // Several runs may find the dead run's lock. Only one at a time may remove it, and that one may be killed, too.
    using _removal = lock(`${path}.removal`, own, receiptPath)
    if (readHolder(path)?.id === holder.id) rmSync(path)
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
    // On a full disk the file may have been made, but not written.
    if (code === 'ENOSPC') rmSync(path, { force: true })
    throw new Mistake(
      `No file can be created beside the receipt: ${message}.`,
      `${explainSystemError(error)?.fix ?? ''} Or name a file in another folder with --receipt.`.trim(),
    )
  }
}

/** The run that has the lock; `undefined` if the file is gone. @throws {Mistake} when the file names no run */
function readHolder(path: string): LockHolder | undefined {
  try {
    const holder: Partial<LockHolder> | null = JSON.parse(readFileSync(path, 'utf8'))
    if (typeof holder?.process === 'number') return holder as LockHolder
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    if (!(error instanceof SyntaxError)) throw error
  }
  throw new Mistake(
    `${path} does not name the run that it belongs to, as after a full disk.`,
    'Run this again. If the file is still there and no other run is at work, delete it.',
  )
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
