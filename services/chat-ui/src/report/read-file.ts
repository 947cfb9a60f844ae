import { Check } from 'typebox/value'
import type { Exchange } from '../conversation/exchange.ts'
import { dataBlock } from './data-block.ts'
import { ExportedFile, type ExportedTurn } from './file-shape.ts'

/** The largest file that is read. */
export const mostBytes = 5 * 1024 * 1024

/** Deeper than anything that the agent sends; what walks through it must not exhaust the stack. */
const mostLevels = 60

/** Why a file cannot be shown, in a sentence. */
export class UnreadableFile extends Error {
  override readonly name = 'UnreadableFile'
}

/**
 * Reads what a file holds, a report or JSON. It is not trusted: it is checked by the schemas of the events, and whatever is
 * shown of it is text.
 *
 * @throws UnreadableFile
 */
export function readFile(text: string): ExportedFile {
  const data = parse(dataBlock(text) ?? text)
  if (isTooDeep(data) || !Check(ExportedFile, data)) {
    throw new UnreadableFile('This file is no trace that this page can read.')
  }
  const stepIds = data.turns.flatMap(({ steps }) => steps.map(({ id }) => id))
  if (new Set(stepIds).size < stepIds.length) {
    throw new UnreadableFile('This file names two steps alike, which no agent does.')
  }
  return data
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new UnreadableFile('This file is neither a report of this page nor JSON.')
  }
}

/** Without recursion, which is what it is there to prevent. */
function isTooDeep(data: unknown): boolean {
  let level: unknown[] = [data]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > mostLevels) return true
    level = level.flatMap(value => (typeof value === 'object' && value !== null ? Object.values(value) : []))
  }
  return false
}

/** A turn of a file as the page shows it. It has no owner, so it goes into nobody's question. */
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
