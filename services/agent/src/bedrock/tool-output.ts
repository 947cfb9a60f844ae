import type { ImageAllowance } from '@entra-agents/bedrock-access/images'
import type { ContentBlock, MessageContent } from '@langchain/core/messages'

/** What a tool returned, in the order in which the model reads it. */
export type ToolOutput = readonly (
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image'; readonly data: Uint8Array }
)[]

/** Reads what a LangChain tool returned: text, LangChain's content blocks of text and images, or any other value as JSON. */
export function readToolOutput(returned: unknown): ToolOutput {
  if (typeof returned === 'string') return [{ type: 'text', text: returned }]
  const blocks = Array.isArray(returned) ? returned.map(readBlock) : [undefined]
  const isContent = blocks.every(block => block !== undefined)
  return isContent ? blocks : [{ type: 'text', text: JSON.stringify(returned) ?? '' }]
}

function readBlock(block: unknown): ToolOutput[number] | undefined {
  const { type, text, data } = Object(block) as Partial<Record<'type' | 'text' | 'data', unknown>>
  if (type === 'text' && typeof text === 'string') return { type, text }
  if (type !== 'image') return undefined
  if (data instanceof Uint8Array) return { type, data }
  return typeof data === 'string' ? { type, data: Buffer.from(data, 'base64') } : undefined
}

/** The output as the content of a message, without blank texts, since Bedrock refuses every request that has one. */
export function describeOutput(output: ToolOutput, images: ImageAllowance): MessageContent {
  const blocks: ContentBlock[] = []
  let text: string[] = []
  const endText = () => {
    const joined = text.join('\n')
    if (joined.trim() !== '') blocks.push({ type: 'text', text: joined })
    text = []
  }
  for (const part of output) {
    if (part.type === 'text') {
      text.push(part.text)
      continue
    }
    const image = images.take(part.data)
    if (typeof image === 'string') text.push(`[image omitted: ${image}]`)
    else {
      endText()
      const { format, bytes } = image
      blocks.push({ type: 'image', image: { format, source: { bytes } } })
    }
  }
  endText()
  return blocks.length > 0 ? blocks : 'The tool returned nothing.'
}
