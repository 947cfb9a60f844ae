import type { Check } from '../finding.ts'
import { trouble } from '../problems.ts'
import { describeWaitingTools, waitingTools, waitingToolsCheck } from '../waiting-tools.ts'
import { agentFile, agentSettings, podsOf, type Release } from './release.ts'

/** Checks turns that wait for their user: which tools make them wait, and whether each pod can continue them. */
export function approvalChecks(release: Release): readonly Check[] {
  const pods = podsOf(release, 'agent')
  const settings = agentSettings(release)
  if (!settings) return []
  const servers = waitingTools(agentFile(release, 'mcp.json'))
  const alerts = settings['WEATHER_API_ALERTS'] === 'true' ? ['the weather API’s alerts'] : []
  const withTools = servers.filter(({ tools }) => tools.length > 0)
  const tools = withTools.length > 0 ? [describeWaitingTools(withTools)] : []
  const waiting = [...alerts, ...tools].join(', ')
  return [
    ...(servers.length > 0 ? [waitingToolsCheck(servers)] : []),
    {
      name: 'seal keys',
      async run() {
        if (settings['SEAL_KEYS_FILE']) return 'All pods of the agent have the keys of one Secret.'
        if (waiting === '') return 'No tool waits for its user, so that no keys are needed.'
        if (pods.length > 1)
          throw trouble(
            'SEAL_KEYS_MISSING',
            `There are ${pods.length} pods of the agent without SEAL_KEYS_FILE, and calls wait: ${waiting}.`,
          )
        return 'The agent’s only pod has a key of its own: what waits while it is replaced has to be asked again.'
      },
    },
  ]
}
