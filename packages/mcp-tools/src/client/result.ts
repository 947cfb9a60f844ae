import { isDeepStrictEqual } from 'node:util'
import { type ApiValidation, readApiValidation } from '@entra-agents/identity/core'
import { parseJson } from '@entra-agents/service-kit'
import { countCharacters, redactText } from '@entra-agents/trace'
import type { CallToolResult } from '@modelcontextprotocol/client'
import { removeUnseenCharacters } from '../offered-tools/clean-text.ts'

/** A tool's result. It is data, and never followed as an instruction. */
export interface ToolResult {
  readonly parts: readonly ResultPart[]
  readonly isError: boolean
  /** What the server says of the token, if anything. */
  readonly validated?: ApiValidation
}

type TextPart = { readonly type: 'text'; readonly text: string }
/** A part of a result, in the form of LangChain's content blocks. */
export type ResultPart = TextPart | { readonly type: 'image'; readonly data: Uint8Array }
type ContentBlock = CallToolResult['content'][number]

/**
 * What the model reads of a result, cut to the number of characters that it may get. Links are named, never
 * followed. What looks like a token is taken out, since a server may echo the token that it got.
 */
export function readResult(
  { content, structuredContent, isError, _meta }: CallToolResult,
  maxCharacters: number,
): ToolResult {
  const parts = [...content.map(readBlock), ...readStructured(content, structuredContent)]
  const validated = readApiValidation(_meta)
  return {
    parts: readTexts(joinTexts(parts), maxCharacters),
    isError: isError === true,
    ...(validated === undefined ? {} : { validated }),
  }
}

/** The result as one text. */
export function describeParts(parts: readonly ResultPart[]): string {
  return parts
    .map(part => (part.type === 'text' ? part.text : `[image of ${part.data.length} bytes]`))
    .join('\n')
}

function readBlock(block: ContentBlock): ResultPart {
  switch (block.type) {
    case 'text':
      return textPart(block.text)
    case 'image':
      return { type: 'image', data: Buffer.from(block.data, 'base64') }
    case 'resource':
      return textPart('text' in block.resource ? block.resource.text : '[file omitted]')
    case 'resource_link':
      return textPart(`[link to ${block.name} omitted]`)
    default:
      return textPart(`[${block.type} omitted]`)
  }
}

/** Servers repeat structured content as a text for older clients; the model needs it once. */
function readStructured(content: readonly ContentBlock[], structured: unknown): readonly TextPart[] {
  if (structured === undefined) return []
  const json = JSON.stringify(structured)
  // Comparing each of many short texts with a large value would take quadratic time.
  const isRepeated = content.some(
    block =>
      block.type === 'text' &&
      2 * block.text.length >= json.length &&
      isDeepStrictEqual(parseJson(block.text), structured),
  )
  return isRepeated ? [] : [textPart(json)]
}

function textPart(text: string): TextPart {
  return { type: 'text', text }
}

function joinTexts(parts: readonly ResultPart[]): readonly ResultPart[] {
  const joined: ResultPart[] = []
  for (const part of parts) {
    const last = joined.at(-1)
    if (part.type === 'text' && last?.type === 'text') {
      joined[joined.length - 1] = { type: 'text', text: `${last.text}\n${part.text}` }
    } else joined.push(part)
  }
  return joined
}

/** Cleans texts and cuts them. Of long texts only a beginning that is surely long enough is cleaned, which takes much longer than cutting. */
function readTexts(parts: readonly ResultPart[], maxCharacters: number): readonly ResultPart[] {
  let left = maxCharacters
  let isCut = false
  const kept = parts.flatMap((part): ResultPart[] => {
    if (part.type !== 'text') return [part]
    const beginning = part.text.slice(0, 4 * left)
    const characters = [...redactText(removeUnseenCharacters(beginning))]
    const isPartCut = beginning !== part.text || characters.length > left
    isCut ||= isPartCut
    const text = characters.slice(0, left).join('')
    left = Math.max(0, left - characters.length)
    return isPartCut && text === '' ? [] : [textPart(text)]
  })
  if (!isCut) return kept
  const total = parts.reduce((sum, part) => sum + (part.type === 'text' ? countCharacters(part.text) : 0), 0)
  const mark = `[Cut here: these are the first ${maxCharacters} of ${total} characters.]`
  return joinTexts([...kept, textPart(mark)])
}
