import { describe, expect, test } from 'vitest'
import { Canonical } from './replay/canonical.ts'
import { readRecording, scenarioNames } from './replay/recording.ts'
import { readRoundTripMs, replay } from './replay/replay.ts'

describe('The emulator responds to its callers and asks Entra exactly as the official sidecar was recorded to do', () => {
  test.each(scenarioNames)('%s', async scenario => {
    const recording = readRecording(scenario)
    const replayed = await replay(recording)

    const { status, body } = replayed.healthzAtStart
    expect({ status, body }).toEqual(recording.healthzAtStart)

    const [asRecorded, asReplayed] = [new Canonical(), new Canonical()]
    for (const [index, call] of recording.calls.entries()) {
      const again = replayed.calls[index]
      if (!call.request || !again) continue
      const where = `call ${index}: ${call.request.method} ${call.request.path}`
      expect(asReplayed.call(again), where).toEqual(asRecorded.call(call))
      expect(again.roundTripMs, where).toBeGreaterThanOrEqual(0.9 * readRoundTripMs(call.response?.roundTrip))
    }
  })
})
