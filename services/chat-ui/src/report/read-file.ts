import { secretsOf } from '@entra-agents/trace-view/trace/secrets'
import { Check } from 'typebox/value'
import type { Exchange } from '../conversation/exchange.ts'
import type { ExportedTurn } from '../conversation/turn-shape.ts'
import { ExportedFile } from './file-shape.ts'
import { fileFormat, fileVersion } from './file-version.ts'

/** The largest file that is read. */
export const mostFileBytes = 5 * 1024 * 1024

/** The deepest nesting that is read: more than the agent sends, and not enough to overflow the stack of recursive code. */
const mostNestingLevels = 60

/** The error of a file that cannot be shown; its message is a sentence for the user. */
export class UnreadableFile extends Error {
  override readonly name = 'UnreadableFile'
}

/** The most characters of names, addresses and ids to hide: those of hundreds of users. More would need too much memory. */
const mostHiddenCharacters = 200_000

/**
 * Reads a file. The file is not trusted: it is checked by the schemas of the events, and everything in it is shown as text.
 *
 * @throws UnreadableFile
 */
export function readExportedFile(text: string): ExportedFile {
  const data = parseJson(text)
  if (isOfNewerVersion(data)) throw new UnreadableFile('Made by a newer version of this page.')
  if (isTooDeep(data) || !Check(ExportedFile, data)) {
    throw new UnreadableFile('This is no trace that this page can read.')
  }
  const steps = data.turns.flatMap(turn => turn.steps)
  const hidden = [...secretsOf(steps.flatMap(({ token }) => token ?? [])).keys()].join('')
  if (hidden.length > mostHiddenCharacters) {
    throw new UnreadableFile('This trace names more people than this page can hide.')
  }
  const stepIds = steps.map(({ id }) => id)
  if (new Set(stepIds).size < stepIds.length) {
    throw new UnreadableFile('This trace names two steps alike, which no agent does.')
  }
  return data
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new UnreadableFile('This is no trace: the page reads what “Data” of Share saved, which is JSON.')
  }
}

function isOfNewerVersion(data: unknown): boolean {
  const { format, version } = Object(data)
  return format === fileFormat && typeof version === 'number' && version > fileVersion
}

/** Checks without recursion: the check is to prevent deep recursion. */
function isTooDeep(data: unknown): boolean {
  let level: unknown[] = [data]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > mostNestingLevels) return true
    level = level.flatMap(value => (typeof value === 'object' && value !== null ? Object.values(value) : []))
  }
  return false
}

/** A turn of a file as the page shows it. The turn has no owner, so it is never sent along with a question. */
export function exchangeOf({ question, turn, result, problem, ...told }: ExportedTurn): Exchange {
  const waited = told.state === 'stopped' && told.steps.some(({ status }) => status === 'waiting')
  return {
    ...told,
    question: { agent: '', ...question },
    owner: undefined,
    turn,
    result,
    problem,
    ...(waited && { unsent: 'left' }),
  }
}
