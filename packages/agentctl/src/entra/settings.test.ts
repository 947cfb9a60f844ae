import { describe, expect, it } from 'vitest'
import { changeSettings, defaultSettings, flowsOf } from './settings.ts'

describe('The names of agents', () => {
  it('are added to the names that the settings already have, and may be in any writing system', () => {
    const known = { ...defaultSettings, agents: ['reader'] }
    const agents = ['reader', 'reader 2', '読者', '作者']
    expect(changeSettings(known, { agents }).agents).toEqual(agents)
  })

  it('may be names of properties that every object has, such as `constructor`', () => {
    const settings = { ...defaultSettings, agentFlows: { reader: ['obo'] as const } }
    for (const name of ['constructor', '__proto__', 'valueOf'])
      expect(flowsOf(settings, name)).toEqual(['autonomous', 'obo'])
  })
})
