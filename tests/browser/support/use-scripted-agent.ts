import type { ChatRequest, TurnEvent } from '@entra-agents/trace'
import { beforeEach } from 'vitest'
import { forFile } from '../../support/for-file.ts'
import { ScriptedAgent } from './scripted-agent.ts'
import { config, status } from './turns.ts'

/** One scripted agent for the tests of a file. Before each test it is reset, to answer with these events. */
export async function useScriptedAgent(
  eventsFor: (request: ChatRequest) => readonly TurnEvent[],
): Promise<ScriptedAgent> {
  const agent = await forFile(new ScriptedAgent().start())
  beforeEach(() => {
    agent.config = config
    agent.status = status
    agent.answer(eventsFor)
    agent.forget()
  })
  return agent
}
