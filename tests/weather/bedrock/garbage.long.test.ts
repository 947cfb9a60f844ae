import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { answer, ScriptedBedrock, toolBlock, toolStep } from '../../contract/bedrock/scripted-bedrock.ts'
import { forFile } from '../../support/for-file.ts'
import { connectScripted, runTurn, sunnyClient, weatherReport } from './run-turn.ts'

const server = await forFile(new ScriptedBedrock().start())

it('A turn that is over is garbage-collected, with all that belonged to it', async () => {
  const seen: WeakRef<object>[] = []
  const weather = sunnyClient({
    current: async ({ turn }, city) => {
      seen.push(new WeakRef(turn), new WeakRef(turn.trace), new WeakRef(turn.signal))
      return weatherReport(city)
    },
  })
  const { mode } = connectScripted(server, {}, weather)
  for (let count = 0; count < 10; count++) {
    server.play(toolStep(toolBlock(0, 'id', 'get_weather', '{"city":"Oslo"}')), answer('Sunny.'))
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
