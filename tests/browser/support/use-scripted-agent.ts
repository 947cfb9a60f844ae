import { beforeEach } from 'vitest'
import { forFile } from '../../support/for-file.ts'
import { ScriptedAgent } from './scripted-agent.ts'

/** One scripted agent for the tests of a file. Before each test it is reset, to answer with these events. */
export async function useScriptedAgent(
  eventsFor: Parameters<ScriptedAgent['reset']>[0],
): Promise<ScriptedAgent> {
  const agent = await forFile(new ScriptedAgent().start())
  beforeEach(() => agent.reset(eventsFor))
  return agent
}
