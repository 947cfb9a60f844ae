import type { Check } from '../finding.ts'
import { trouble } from '../problems.ts'
import type { Kubectl } from './kubectl.ts'
import { isReady, podsOf, type Release } from './release.ts'

/** Runs in the weather API’s container, which has only Node: tests whether it can connect to a port. */
const connectScript = `const [, host, port] = process.argv
const socket = require('node:net').connect({ host, port, timeout: 3000 })
const say = word => { console.log(word); process.exit() }
socket.on('connect', () => say('open')).on('timeout', () => say('closed')).on('error', () => say('closed'))`

/** Tries to connect from the weather API to the agent’s page: policies on both sides forbid this connection. */
export function enforcementCheck(kubectl: Kubectl, release: Release): Check {
  const agent = podsOf(release, 'agent').find(isReady)
  const weather = podsOf(release, 'weather-api').find(isReady)
  return {
    name: 'policies enforced',
    needs: ['pods', 'policies'],
    blindBy: { code: 'CLUSTER_UNREACHABLE', hint },
    async run() {
      if (!weather || !agent?.status.podIP)
        return trouble('NOT_CHECKED', 'There is no pod to look from.', hint)
      const inside = ['exec', weather.metadata.name, '--container', 'weather-api', '--']
      const node = ['/nodejs/bin/node', '--eval', connectScript, agent.status.podIP, '3001']
      if ((await kubectl.run([...inside, ...node])).trim() === 'open')
        throw trouble(
          'POLICY_NOT_ENFORCED',
          'The weather API reaches the agent’s page, against both policies.',
        )
      return 'The weather API does not reach the agent’s page.'
    },
  }
}

const hint = 'Without the right to pods/exec, helm test looks at the same and more.'
