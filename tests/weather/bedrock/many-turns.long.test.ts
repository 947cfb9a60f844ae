import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import {
  answer,
  ScriptedBedrock,
  toFrame,
  toolBlock,
  toolStep,
} from '../../contract/bedrock/scripted-bedrock.ts'
import { forFile } from '../../support/for-file.ts'
import { connectScripted, runTurn, sunnyClient, weatherReport } from './run-turn.ts'

const server = await forFile(new ScriptedBedrock().start())

/** The city that a request's conversation is about. */
const cityIn = (value: unknown) => /City-\d+/.exec(JSON.stringify(value))?.[0] ?? ''
const toolCallFor = (city: string) =>
  toolStep(toolBlock(0, `id-${city}`, 'get_weather', `{"city":"${city}"}`))
/** The model's answer says whether a tool result is for this city and for the user who asked, whose id is the city's name. */
function judgeResult(city: string, toolResult: unknown) {
  const result = JSON.stringify(toolResult)
  const same = result.includes(`id-${city}`) && result.includes(`${city} for ${city}`)
  return answer(`${city} `, same ? 'is right' : 'is MIXED UP')
}

describe('200 turns at once', () => {
  it('stay apart: each gets its own city, user and answer', async () => {
    const everybodyAsked = Promise.withResolvers<void>()
    server.script = async ({ body: { messages } }, response) => {
      const city = cityIn(messages)
      const isFirst = messages.length === 1
      // No turn is answered before all have asked, so that all are open at the same time.
      if (server.requests.length === 200) everybodyAsked.resolve()
      if (isFirst) await everybodyAsked.promise
      const events = isFirst ? toolCallFor(city) : judgeResult(city, messages.at(-1))
      response.end(Buffer.concat(events.map(toFrame)))
    }
    const weather = sunnyClient({
      current: async ({ turn }, city) => ({
        ...weatherReport(city),
        condition: `${turn.user?.objectId} for ${city}`,
      }),
    })
    const { mode } = connectScripted(server, {}, weather)
    const turns = await Promise.all(
      Array.from({ length: 200 }, (_, index) => {
        const user = { raw: `token-${index}`, objectId: `City-${index}`, claims: {} } as never
        return runTurn(mode, { message: `Weather in City-${index}?`, flow: 'obo', user })
      }),
    )
    expect(turns.map(({ answer, failure }) => failure?.code ?? answer)).toEqual(
      turns.map((_, index) => `City-${index} is right`),
    )
    for (const { steps } of turns) expect(steps.map(({ kind }) => kind)).toEqual(['model', 'tool', 'model'])
  })
})

describe('a turn that is over', () => {
  it('is garbage-collected, with all that belonged to it', async () => {
    const seen: WeakRef<object>[] = []
    const weather = sunnyClient({
      current: async ({ turn }, city) => {
        seen.push(new WeakRef(turn), new WeakRef(turn.trace), new WeakRef(turn.signal))
        return weatherReport(city)
      },
    })
    const { mode } = connectScripted(server, {}, weather)
    for (let count = 0; count < 10; count++) {
      server.play(toolCallFor('City-1'), answer('Sunny.'))
      await runTurn(mode)
    }
    // The last turn is left out, since code that runs after it may still reference it.
    const earlier = seen.splice(0, 27)
    setFlagsFromString('--expose-gc')
    const collectGarbage: () => void = runInNewContext('gc')
    await expect
      .poll(() => {
        collectGarbage()
        return earlier.filter(reference => reference.deref() !== undefined).length
      })
      .toBe(0)
  })
})
