import type { Invocation } from '../options.ts'
import type { Run } from '../run.ts'
import { findAgents, switchAgents } from '../switch.ts'
import { changeDenyList } from './config-map.ts'
import { hasResult, isComplete } from './outcome.ts'

/**
 * Switches agents on again, in Entra and in a deny list side by side. A deny list then still denies earlier tokens, and new ones
 * until five minutes after the denial.
 *
 * @returns whether everything that was asked for is done
 */
export async function enable(run: Run, options: Invocation): Promise<boolean> {
  const agents = findAgents(run, options.agents)
  await Promise.all([
    switchAgents(run, options.agents, true),
    options.denyList !== undefined && agents.length > 0 && changeDenyList(run, agents, options, 'allowed'),
  ])
  if (hasResult(run, 'enabled')) run.print('\nNew tokens are issued again, within some minutes.')
  return isComplete(run, 'enabled')
}
