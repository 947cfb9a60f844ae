/** How deep the parts of an argument are told apart. */
const deepestLevel = 6
/** Arguments with more values are not compared with the messages, and count as not in them: nobody wrote so many. */
const mostParts = 200

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** The arguments of a call one by one, those within objects by their path, such as `when.day`. */
function listArguments(values: object, levels = deepestLevel): readonly (readonly [string, unknown])[] {
  return Object.entries(values).flatMap(([name, value]) => {
    const isNested = levels > 0 && isObject(value) && !Array.isArray(value) && Object.keys(value).length > 0
    if (!isNested) return [[name, value] as const]
    return listArguments(value, levels - 1).map(([path, inner]) => [`${name}.${path}`, inner] as const)
  })
}

/** The arguments of a call that the user has written in one of their messages, and the others. */
export function tellApart(values: object, messages: readonly string[]) {
  const said = readMessages(messages)
  const isCompared = countParts(values) <= mostParts
  return Object.groupBy(listArguments(values), ([, value]) =>
    isCompared && isSaid(value, said) ? 'said' : 'unsaid',
  )
}

interface Said {
  readonly texts: readonly string[]
  readonly numbers: ReadonlySet<number>
}

function readMessages(messages: readonly string[]): Said {
  const texts = messages.map(normalise)
  return { texts, numbers: new Set(texts.flatMap(numbersIn)) }
}

function countParts(value: unknown, levels = deepestLevel): number {
  if (!isObject(value) || levels === 0) return 1
  return Object.values(value).reduce((sum: number, part) => sum + countParts(part, levels - 1), 0)
}

/**
 * Whether the user has written a value: the same characters apart from case and white space, a number as it is usually written, or a
 * day by its date or its name. Says nothing of where else the value comes from: the model may have worked it out.
 */
function isSaid(value: unknown, said: Said, levels = deepestLevel): boolean {
  if (value === null) return true
  if (isObject(value)) return levels > 0 && Object.values(value).every(part => isSaid(part, said, levels - 1))
  if (typeof value === 'number') return said.numbers.has(value)
  const text = normalise(String(value))
  return text === '' || said.texts.some(message => hasWords(message, text) || hasDay(message, text))
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

const normalise = (text: string) => text.normalize().toLowerCase().replace(/\s+/g, ' ').trim()

/** Whether a message has this text, and not only as a part of longer words, numbers or addresses. */
function hasWords(message: string, text: string): boolean {
  for (let at = message.indexOf(text); at >= 0; at = message.indexOf(text, at + 1)) {
    const [before, after] = [
      message.slice(Math.max(0, at - 3), at),
      message.slice(at + text.length).slice(0, 3),
    ]
    if (!/[\p{L}\p{N}][@._/-]?$/u.test(before) && !/^[@._/-]?[\p{L}\p{N}]/u.test(after)) return true
  }
  return false
}

function numbersIn(message: string): readonly number[] {
  const found = message
    .replace(/[\u2010-\u2015\u2212]|minus /g, '-')
    .match(/(?:(?<![\p{L}\p{N}])-)?(?<![\p{L}\p{N}.,])\d+(?:[.,]\d+)*/gu)
  return (found ?? []).map(number => Number(number.replace(/,(?=\d{3}(?!\d))/g, '').replace(',', '.')))
}

/** Whether a message names the day of an ISO date, such as “4 December” or “Dec 4, 2026”. */
function hasDay(message: string, date: string): boolean {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(date) ?? []
  const name = months[Number(month) - 1]
  if (name === undefined) return false
  const [inDigits, inLetters] = [`0?${Number(day)}(?:st|nd|rd|th)?`, `${name}[a-z]*\\.?`]
  const written = `(?:${inDigits} (?:of )?${inLetters}|${inLetters} ${inDigits})`
  return new RegExp(`(?<![\\p{L}\\p{N}])${written}(?![\\p{L}\\p{N}])(?!,? (?!${year})\\d{4})`, 'u').test(
    message,
  )
}
