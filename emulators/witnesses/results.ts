import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Outcome } from './languages.ts'

const file = join(import.meta.dirname, 'results.txt')
const heading =
  '# What each call came to when last written by `npm run witnesses -- --write`, and when a real tenant was last seen to answer so.'

/** What is known of one call of a client. */
export interface Result {
  readonly state: 'green' | 'red'
  /** The day on which a real tenant last answered as expected, or `never`. */
  readonly seen: string
  readonly client: string
  readonly name: string
  readonly expected: string
}

export function readResults(): readonly Result[] {
  return parseResults(readFileSync(file, 'utf8'))
}

export function writeResults(results: readonly Result[]): void {
  const lines = results.map(({ state, seen, client, name, expected }) =>
    [state, seen, client, name, expected].join(' · '),
  )
  writeFileSync(file, `${[heading, ...lines].join('\n')}\n`)
}

export function parseResults(text: string): readonly Result[] {
  return text
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(line => {
      const [state, seen = '', client = '', name = '', expected = ''] = line.split(' · ')
      return { state: state === 'green' ? 'green' : 'red', seen, client, name, expected }
    })
}

const keyOf = ({ client, name }: Pick<Result, 'client' | 'name'>) => `${client} · ${name}`

const greenOf = (outcomes: readonly Outcome[]) =>
  new Set(outcomes.filter(({ result }) => result === 'ok').map(keyOf))

/** The calls that were green and are not, or were not made although calls of their client were. */
export function findWorse(known: readonly Result[], outcomes: readonly Outcome[]): readonly string[] {
  const clients = new Set(outcomes.map(({ client }) => client))
  const green = greenOf(outcomes)
  return known
    .filter(one => one.state === 'green' && clients.has(one.client) && !green.has(keyOf(one)))
    .map(keyOf)
}

/** The calls that are green and are not noted so. */
export function findBetter(known: readonly Result[], outcomes: readonly Outcome[]): readonly string[] {
  const green = new Set(known.filter(({ state }) => state === 'green').map(keyOf))
  return [...greenOf(outcomes)].filter(key => !green.has(key))
}

/** What is known after a run at the emulator. Clients that were not run stay as they were. */
export function mergeOutcomes(known: readonly Result[], outcomes: readonly Outcome[]): readonly Result[] {
  const clients = new Set(outcomes.map(({ client }) => client))
  const before = new Map(known.map(one => [keyOf(one), one]))
  const own = outcomes.map(({ client, name, expected, result }): Result => {
    const seen = before.get(keyOf({ client, name }))?.seen ?? 'never'
    return { state: result === 'ok' ? 'green' : 'red', seen, client, name, expected }
  })
  return [...own, ...known.filter(({ client }) => !clients.has(client))]
}

/** What is known after a run at a real tenant: the day of each call that it answered as expected. */
export function noteSeen(
  known: readonly Result[],
  outcomes: readonly Outcome[],
  day: string,
): readonly Result[] {
  const seen = greenOf(outcomes)
  return known.map(one => (seen.has(keyOf(one)) ? { ...one, seen: day } : one))
}
