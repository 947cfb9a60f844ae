import { Mistake } from '../set-up/mistake.ts'
import { listObjects } from './objects/kinds.ts'
import { agentKey, type TenantObject } from './objects/tenant-object.ts'
import { NotYet } from './patience.ts'
import { inStep, type Run, requireReceipt, targetOf } from './run.ts'

/**
 * Switches agents on, or off so that they get no new token. Without names: all of the receipt's agents. Switching on enables
 * what they depend on, too: their user accounts and, without names, the principals of blueprint, page and API.
 */
export async function switchAgents(run: Run, names: readonly string[], isEnabled: boolean): Promise<void> {
  const receipt = requireReceipt(run)
  const wanted = findAgents(run, names).map(({ name }) => agentKey(name))
  const isNeeded = ({ key }: TenantObject) =>
    names.length === 0 || wanted.some(agent => key.startsWith(`${agent}/`))
  for (const object of listObjects(targetOf(run, receipt))) {
    const { key, title, isOn } = object
    if (!isOn || !receipt.objects[key]) continue
    // What the agents depend on is never disabled here, and is enabled only if it is disabled at present.
    const isToEnable = isEnabled && isNeeded(object) && (await isSwitched(run, object, false))
    if (!isToEnable && !wanted.includes(key)) continue
    await inStep(run, object, () => setEnabled(run, object, isEnabled))
    run.report({ result: isEnabled ? 'enabled' : 'disabled', key, title, id: receipt.objects[key]?.id })
    recordSwitch(run, key, isEnabled)
  }
}

/** The receipt's agents of these names; without names, all. @throws {Mistake} for a name that the receipt does not have */
export function findAgents(
  run: Run,
  names: readonly string[],
): readonly { readonly name: string; readonly id: string }[] {
  const { settings, objects } = requireReceipt(run)
  const unknown = names.find(name => !objects[agentKey(name)])
  if (unknown !== undefined)
    throw new Mistake(`The receipt knows no agent "${unknown}".`, `It knows: ${settings.agents.join(', ')}.`)
  return (names.length > 0 ? names : settings.agents).flatMap(name => {
    const id = objects[agentKey(name)]?.id
    return id === undefined ? [] : [{ name, id }]
  })
}

function recordSwitch({ receipt }: Run, key: string, isEnabled: boolean): void {
  const { disabledAgents = [], settings } = receipt.content ?? {}
  const name = settings?.agents.find(one => agentKey(one) === key)
  if (name === undefined) return
  const others = disabledAgents.filter(other => other !== name)
  receipt.change({ disabledAgents: isEnabled ? others : [...others, name] })
}

async function isSwitched({ graph }: Run, { find }: TenantObject, isOn: boolean): Promise<boolean> {
  return (await find(graph)).object?.['accountEnabled'] === isOn
}

async function setEnabled(run: Run, object: TenantObject, accountEnabled: boolean): Promise<void> {
  const { address = () => '' } = object
  await run.graph.send({ method: 'PATCH', path: address(), body: { accountEnabled } })
  if (!(await isSwitched(run, object, accountEnabled)))
    throw new NotYet('Entra took the change and does not show it')
}
