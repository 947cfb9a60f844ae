import type { ToolSpec } from '../wire/converse-request.ts'
import { commonWords } from './common-words.ts'
import { findNames, wordsOf } from './names.ts'

type PropertySchema = NonNullable<ToolSpec['inputSchema']['json']['properties']>[string]

/** Parameters that get the whole message. */
const wholeMessageParameters = /^(query|question|text|message|prompt)$/

/**
 * The arguments of a tool call, taken from a message. A string parameter gets what follows its name in the message: “Apollo”
 * in “project Apollo”. If nothing follows, a required parameter gets the message's next quoted text or name.
 */
export function fillInArguments(
  { inputSchema }: ToolSpec,
  message: string,
): Readonly<Record<string, unknown>> {
  const { properties = {}, required = [] } = inputSchema.json
  const found = Object.entries(properties).flatMap(([name, schema]) => {
    const value = findValue(name, schema, message)
    return value === undefined ? [] : [[name, value] as const]
  })
  const texts = textsIn(message).filter(text => !found.some(([, value]) => value === text))
  const missing = required.filter(
    name => properties[name]?.type === 'string' && !found.some(([other]) => other === name),
  )
  return Object.fromEntries([
    ...missing.slice(0, texts.length).map((name, at) => [name, texts[at]]),
    ...found,
  ])
}

/** A parameter's value: an enum's value that occurs in the message, the message's first number, or text from the message. */
function findValue(name: string, { type, enum: values }: PropertySchema, message: string): unknown {
  if (values) return values.find(value => message.toLowerCase().includes(String(value).toLowerCase()))
  if (type === 'integer' || type === 'number') return /\d+(?:\.\d+)?/.exec(message)?.map(Number)[0]
  if (type !== 'string') return undefined
  return wholeMessageParameters.test(name) ? message : findTextAfter(name, message)
}

/** What follows a parameter's name in the message: a quoted text, a name, or a word that is not common. */
function findTextAfter(property: string, message: string): string | undefined {
  const [first = '', ...others] = wordsOf(property)
  const pattern = [first, ...others.map(word => `(?:[\\s_-]*${word})?`)].join('')
  const after = new RegExp(`\\b${pattern}\\b[\\s:=]+(?:(?:called|named|is)\\s+)?(.*)`, 'is')
  const rest = after.exec(message)?.[1] ?? ''
  const quoted = /^["“]([^"”]+)["”]/.exec(rest)?.[1]
  const name = findNames(rest).find(({ at }) => at === 0)?.text
  const word = /^[\p{L}\p{N}](?:[\p{L}\p{N}@._-]*[\p{L}\p{N}])?/u.exec(rest)?.[0] ?? ''
  return quoted ?? name ?? (word === '' || commonWords.has(word.toLowerCase()) ? undefined : word)
}

/** The quoted texts in a message, then the names in it. */
function textsIn(message: string): readonly string[] {
  const quoted = [...message.matchAll(/["“]([^"”]+)["”]/g)].map(([, text = '']) => text)
  return [...quoted, ...findNames(message).map(({ text }) => text)]
}
