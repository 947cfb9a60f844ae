import type { Generation, TokenisedBlock } from '../model/generate.ts'

type StreamEvent = readonly [type: string, payload: object]

/** An answer's events in the order of Claude on Bedrock. The last one, `metadata`, is left to the caller. */
export function* streamEvents({ blocks, stopReason }: Generation): Generator<StreamEvent> {
  yield ['messageStart', { role: 'assistant' }]
  for (const [contentBlockIndex, block] of blocks.entries()) {
    for (const [type, content] of blockEvents(block)) yield [type, { contentBlockIndex, ...content }]
    yield ['contentBlockStop', { contentBlockIndex }]
  }
  yield ['messageStop', { stopReason }]
}

/** Text and reasoning have no start event; a tool's input begins with an empty delta. */
function* blockEvents({ block, tokens }: TokenisedBlock): Generator<StreamEvent> {
  if (block.type === 'toolUse') {
    const { name, toolUseId } = block
    yield ['contentBlockStart', { start: { toolUse: { name, toolUseId, type: 'tool_use' } } }]
    yield ['contentBlockDelta', { delta: { toolUse: { input: '' } } }]
  }
  for (const token of tokens) {
    const delta =
      block.type === 'toolUse'
        ? { toolUse: { input: token } }
        : block.type === 'text'
          ? { text: token }
          : { reasoningContent: { text: token } }
    yield ['contentBlockDelta', { delta }]
  }
  if (block.type === 'reasoning') {
    yield ['contentBlockDelta', { delta: { reasoningContent: { signature: block.signature } } }]
  }
}

/** The same answer as the body of a Converse response. */
export function converseBody({ blocks, stopReason }: Generation, usage: object, latencyMs: number) {
  const message = { role: 'assistant', content: blocks.map(contentBlock) }
  return { metrics: { latencyMs }, output: { message }, stopReason, usage }
}

function contentBlock({ block, tokens, isComplete }: TokenisedBlock) {
  const text = tokens.join('')
  if (block.type === 'text') return { text }
  if (block.type === 'reasoning') {
    return { reasoningContent: { reasoningText: { text, signature: block.signature } } }
  }
  // An input that was cut off is not valid JSON; without streaming, none of it is returned.
  const { toolUseId, name, input } = block
  return { toolUse: { toolUseId, name, input: isComplete ? input : {} } }
}

const paddingAlphabet = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

/** Bedrock pads every event to a random length, so that tokens cannot be guessed from the size of frames. */
export function padding(random: () => number): string {
  return paddingAlphabet.slice(0, 2 + Math.floor(random() * (paddingAlphabet.length - 2)))
}
