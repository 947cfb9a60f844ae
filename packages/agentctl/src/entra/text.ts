import { styleText } from 'node:util'
import { visible } from '../set-up/visible.ts'
import type { Difference } from './differences.ts'
import type { Series } from './kill-switch/series.ts'

// biome-ignore format: table
const words = {
  green: ['create', 'created', 'ok', 'enabled', 'allowed', 'refused', 'proven'],
  yellow: ['adopt', 'correct', 'corrected', 'differs', 'not evaluated', 'switched', 'disabled', 'denied', 'not measured'],
  red: ['missing', 'extra', 'goes along', 'stays on', 'failed', 'accepted', 'not proven', 'delete'],
  gray: ['keep', 'unchanged', 'deleted'],
} as const
type Colour = keyof typeof words
export type ResultWord = (typeof words)[Colour][number]
const colours = Object.entries(words) as [Colour, readonly ResultWord[]][]

/** One object in the result of a command: a line of the output, or an entry of what `--json` prints. */
export interface Entry {
  readonly result: ResultWord
  /** The object's name in the receipt, such as `agent/weather-agent`; absent for what the receipt does not know. */
  readonly key?: string
  readonly title: string
  /** Absent if the object is not there, or if nobody knows. */
  readonly id?: unknown
  readonly differences?: readonly Difference[]
  /** What is wrong with the object, and what to do. */
  readonly note?: string
  /** What `disable` or `enable` did, or measured. */
  readonly measure?: 'Entra' | 'receipt' | 'deny list' | 'API' | 'proof'
  /** When it was done, in seconds since the command was entered. */
  readonly seconds?: number
  readonly code?: string
  readonly fix?: string
  readonly series?: readonly Series[]
}

const guidLength = 36

/** A word such as `created`, an object's id and its title, and below it what differs; coloured on a terminal only. */
export function writeEntry({ result, measure, title, id, differences = [], note, code, fix }: Entry): string {
  const [colour] = colours.find(([, those]) => those.includes(result)) ?? ['gray']
  const idText = id ?? (result === 'create' ? 'new' : '')
  const column = styleText('gray', String(idText).padEnd(guidLength))
  const details = [
    ...(note === undefined ? [] : `${note}${code === undefined ? '' : ` (${code})`}`.split('\n')),
    ...(fix === undefined ? [] : [`Fix: ${fix}`]),
    ...differences.map(describeDifference),
  ]
  return [
    `${styleText(colour, result.padEnd(13))} ${column} ${visible(measure && measure !== 'Entra' ? `${measure}: ${title}` : title)}`,
    ...details.map(text => `          ${visible(text)}`),
  ].join('\n')
}

export function describeDifference({ property, found, wanted }: Difference): string {
  return `${property} is ${JSON.stringify(found) ?? 'not set'}, wanted ${JSON.stringify(wanted)}`
}
