import { styleText } from 'node:util'

const colours = {
  create: 'green',
  created: 'green',
  correct: 'yellow',
  corrected: 'yellow',
  keep: 'gray',
  unchanged: 'gray',
  ok: 'green',
  missing: 'red',
  differs: 'yellow',
  'not evaluated': 'yellow',
  extra: 'red',
  switched: 'yellow',
  'goes along': 'red',
  disabled: 'yellow',
  enabled: 'green',
  delete: 'red',
  deleted: 'gray',
} as const
export type ResultWord = keyof typeof colours

const guidLength = 36

/** One line of output: a word such as `created`, an object's id and its title; coloured on a terminal only. */
export function resultLine(word: ResultWord, title: string, id: unknown = ''): string {
  const column = styleText('gray', String(id).padEnd(guidLength))
  return `${styleText(colours[word], word.padEnd(13))} ${column} ${title}`
}
