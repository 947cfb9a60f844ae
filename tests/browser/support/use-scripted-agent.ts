import { afterAll, beforeAll, beforeEach } from 'vitest'
import { type Script, ScriptedAgent } from './scripted-agent.ts'
import { config, status } from './turns.ts'

/** One scripted agent for the tests of a file; it is reset, with this script, before each test. */
export function useScriptedAgent(script: Script): ScriptedAgent {
  const agent = new ScriptedAgent()
  beforeAll(() => agent.start())
  afterAll(() => agent.close())
  beforeEach(() => {
    agent.config = config
    agent.status = status
    agent.script = script
    agent.forget()
  })
  return agent
}
