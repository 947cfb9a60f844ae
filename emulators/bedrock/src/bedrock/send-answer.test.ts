import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { generate, streamEvents } from './send-answer.ts'

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 80 })
const block = fc.oneof(
  text.map(value => ({ type: 'text' as const, text: value })),
  fc.dictionary(fc.string({ maxLength: 5 }), text, { maxKeys: 3 }).map(input => ({
    type: 'toolUse' as const,
    toolUseId: 'tooluse_1',
    name: 'get_weather',
    input,
  })),
)
const reply = fc.record({
  blocks: fc.array(block, { minLength: 1, maxLength: 4 }),
  stopReason: fc.constantFrom('end_turn', 'tool_use'),
})
const randomFrom = (seed: number) => {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
}

describe('generate', () => {
  it('streams the same answer wherever the answer is cut into tokens', () => {
    fc.assert(
      fc.property(reply, fc.nat(), ({ blocks, stopReason }, seed) => {
        const generation = generate({ blocks, stopReason }, 10_000, randomFrom(seed))
        const spelt: string[] = []
        for (const [, payload] of streamEvents(generation)) {
          const { contentBlockIndex, delta } = payload as Record<string, unknown>
          if (typeof contentBlockIndex !== 'number' || typeof delta !== 'object' || delta === null) continue
          const piece: unknown =
            Reflect.get(delta, 'text') ?? Reflect.get(Reflect.get(delta, 'toolUse'), 'input')
          expect(String(piece).isWellFormed()).toBe(true)
          spelt[contentBlockIndex] = (spelt[contentBlockIndex] ?? '') + piece
        }
        expect(spelt).toEqual(blocks.map(one => (one.type === 'text' ? one.text : JSON.stringify(one.input))))
        expect(generation.stopReason).toBe(stopReason)
      }),
    )
  })

  it('never exceeds the token limit; an answer that is cut off has the stop reason max_tokens', () => {
    fc.assert(
      fc.property(reply, fc.integer({ min: 1, max: 30 }), fc.nat(), (answer, maxTokens, seed) => {
        const whole = generate(answer, 10_000, randomFrom(seed))
        const cut = generate(answer, maxTokens, randomFrom(seed))
        expect(cut.outputTokens).toBe(Math.min(whole.outputTokens, maxTokens))
        expect(cut.stopReason).toBe(whole.outputTokens > maxTokens ? 'max_tokens' : answer.stopReason)
      }),
    )
  })
})
