import type { Generation, TokenisedBlock } from '../model/generate.ts'

export interface Usage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly totalTokens: number
  readonly serverToolUsage: Readonly<Record<string, never>>
}

export interface StreamEvent {
  readonly type:
    | 'messageStart'
    | 'contentBlockStart'
    | 'contentBlockDelta'
    | 'contentBlockStop'
    | 'messageStop'
    | 'metadata'
  readonly payload: Readonly<Record<string, unknown>>
}

/** An answer's events in the order in which Claude sends them on Bedrock; `metadata` is the caller's. */
export function* streamEvents({ blocks, stopReason }: Generation): Generator<StreamEvent> {
  yield { type: 'messageStart', payload: { role: 'assistant' } }
  for (const [contentBlockIndex, block] of blocks.entries()) {
    yield* blockEvents(block, contentBlockIndex)
    yield { type: 'contentBlockStop', payload: { contentBlockIndex } }
  }
  yield { type: 'messageStop', payload: { stopReason } }
}

/** Text and reasoning have no start event; a tool's input begins with an empty piece. */
function* blockEvents({ block, tokens }: TokenisedBlock, contentBlockIndex: number): Generator<StreamEvent> {
  const delta = (content: unknown): StreamEvent => ({
    type: 'contentBlockDelta',
    payload: { contentBlockIndex, delta: content },
  })
  switch (block.type) {
    case 'text':
      for (const text of tokens) yield delta({ text })
      return
    case 'reasoning':
      for (const text of tokens) yield delta({ reasoningContent: { text } })
      yield delta({ reasoningContent: { signature: block.signature } })
      return
    case 'toolUse':
      yield {
        type: 'contentBlockStart',
        payload: {
          contentBlockIndex,
          start: { toolUse: { name: block.name, toolUseId: block.toolUseId, type: 'tool_use' } },
        },
      }
      yield delta({ toolUse: { input: '' } })
      for (const input of tokens) yield delta({ toolUse: { input } })
  }
}

/** The same answer as the body of a Converse response. */
export function converseBody({ blocks, stopReason }: Generation, usage: Usage, latencyMs: number) {
  return {
    metrics: { latencyMs },
    output: { message: { role: 'assistant', content: blocks.map(contentBlock) } },
    stopReason,
    usage,
  }
}

function contentBlock({ block, tokens, isComplete }: TokenisedBlock) {
  const text = tokens.join('')
  switch (block.type) {
    case 'text':
      return { text }
    case 'reasoning':
      return { reasoningContent: { reasoningText: { text, signature: block.signature } } }
    case 'toolUse':
      return {
        toolUse: {
          toolUseId: block.toolUseId,
          name: block.name,
          // An input that was cut off is no JSON; outside a stream nothing of it is delivered.
          input: isComplete ? block.input : {},
        },
      }
  }
}

const paddingAlphabet = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

/** Bedrock pads every event to a random length, so that nobody can guess tokens from the size of the frames. */
export function padding(random: () => number): string {
  return paddingAlphabet.slice(0, 2 + Math.floor(random() * (paddingAlphabet.length - 2)))
}
