import { Kubectl } from '../../doctor/kube/kubectl.ts'
import type { Invocation } from '../options.ts'
import type { Run } from '../run.ts'
import { findAgents, switchAgents } from '../switch.ts'
import { changeRows, findConfigMap } from './config-map.ts'
import { acceptedFromMs, allowAgents, backdatedMs } from './rows.ts'

/** Switches agents on again. A deny list then still denies earlier tokens, and new ones until five minutes after the denial. */
export async function enable(run: Run, { agents: names, denyList, namespace }: Invocation): Promise<void> {
  const agents = findAgents(run, names)
  await switchAgents(run, names, true)
  run.print('\nNew tokens are issued again, within some minutes.')
  if (denyList === undefined) return
  const kubectl = new Kubectl(namespace)
  const list = await findConfigMap(kubectl, denyList ?? undefined)
  const ids = agents.map(({ id }) => id)
  const { rows } = await changeRows(kubectl, list, before => allowAgents(before, ids, run.clock.nowMs()))
  for (const { name, id } of agents) {
    const from = acceptedFromMs(rows, id) + backdatedMs
    if (from === backdatedMs) continue
    const leftSeconds = Math.ceil((from - run.clock.nowMs()) / 1_000)
    run.print(
      `"${name}": the API accepts tokens that were issued from ${new Date(from).toISOString()} on${leftSeconds > 0 ? `, which is in ${leftSeconds} s: until then it refuses the agent` : ''}.`,
    )
  }
}
