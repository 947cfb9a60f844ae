import { Mistake } from '../set-up/mistake.ts'
import { failureOf, secondsSinceEnter } from './kill-switch/outcome.ts'
import { lockReceipt } from './lock.ts'
import { agents as agentKind } from './objects/agents.ts'
import { listObjects } from './objects/kinds.ts'
import { agentKey, agentsOf, type NamedObject, type TenantObject } from './objects/tenant-object.ts'
import { NotYet } from './patience.ts'
import { ReceiptFile } from './receipt.ts'
import { inStep, type Run, requireReceipt, targetOf } from './run.ts'

export type Agent = NamedObject & { readonly name: string; readonly id: string }

/** The receipt's agents of these names; without names, all. @throws {Mistake} for a name that the receipt does not have */
export function findAgents(run: Run, names: readonly string[]): readonly Agent[] {
  const receipt = requireReceipt(run)
  const { agents } = receipt.settings
  const known = agentsOf(targetOf(run, receipt)).flatMap(agent => {
    const { id } = receipt.objects[agent.key] ?? {}
    return id === undefined ? [] : [{ ...agent, id }]
  })
  const unknown = names.find(name => !known.some(agent => agent.name === name))
  if (unknown !== undefined)
    throw new Mistake(`The receipt knows no agent "${unknown}".`, `It knows: ${agents.join(', ')}.`)
  return known.filter(({ name }) => names.length === 0 || names.includes(name))
}

/**
 * Switches agents on, or off so that they get no new token: side by side, so that none waits for another. Without names: all of
 * the receipt's agents. Switching on enables what they depend on, too: their user accounts and, without names, the principals of
 * blueprint, page and API.
 *
 * @returns whether Entra shows all of them switched
 */
export async function switchAgents(run: Run, names: readonly string[], isEnabled: boolean): Promise<boolean> {
  const receipt = requireReceipt(run)
  const keys = (names.length > 0 ? names : receipt.settings.agents).map(agentKey)
  const isNeeded = (key: string) => names.length === 0 || keys.some(agent => key.startsWith(`${agent}/`))
  const switched = listObjects(targetOf(run, receipt))
    .filter(({ key, isOn }) => isOn && (keys.includes(key) || (isEnabled && isNeeded(key))))
    .map(object => switchObject(run, object, isEnabled))
  return (await Promise.all(switched)).every(Boolean)
}

async function switchObject(run: Run, object: TenantObject, isEnabled: boolean): Promise<boolean> {
  const { settings, objects, disabledAgents } = requireReceipt(run)
  const { key, title, address = () => '' } = object
  const id = objects[key]?.id
  const about = { measure: 'Entra', key, title, ...(id === undefined ? {} : { id }) } as const
  const agent = settings.agents.find(name => agentKey(name) === key)
  let seconds: number | undefined
  try {
    if (id === undefined) {
      const note = 'The receipt knows no id of it, so it stays as it is.'
      if (agent !== undefined) run.report({ ...about, result: 'missing', note })
      return agent === undefined
    }
    // What the agents depend on is never disabled here, and is enabled only if it is disabled at present.
    if (agent === undefined && !(await inStep(run, object, () => isSwitched(run, object, false)))) return true
    await inStep(run, object, async () => {
      await run.graph.send({ method: 'PATCH', path: address(), body: { accountEnabled: isEnabled } })
      seconds ??= secondsSinceEnter(run)
      if (!(await isSwitched(run, object, isEnabled)))
        throw new NotYet('Entra took the change and does not show it')
    })
    const isAgain = !isEnabled && disabledAgents.some(name => name === agent)
    const note = `Entra took it ${seconds} s after Enter, and shows it.${isAgain ? ' The receipt says that it was off already.' : ''}`
    run.report({ ...about, result: isEnabled ? 'enabled' : 'disabled', note, seconds: seconds ?? 0 })
  } catch (error) {
    run.report({ ...about, ...failureOf(error), ...(seconds === undefined ? {} : { seconds }) })
    return false
  }
  try {
    if (agent !== undefined) recordSwitch(run, agent, isEnabled)
  } catch (error) {
    run.report({ ...about, measure: 'receipt', ...failureOf(error) })
  }
  return true
}

async function isSwitched({ graph }: Run, { find }: TenantObject, isOn: boolean): Promise<boolean> {
  return (await find(graph)).object?.['accountEnabled'] === isOn
}

/** Reads the receipt anew, since another run may have changed it meanwhile. @throws {Mistake} while another run works with it */
function recordSwitch({ receipt: { path }, clock }: Run, agent: string, isEnabled: boolean): void {
  using _lock = lockReceipt(path, clock.nowMs())
  const receipt = new ReceiptFile(path)
  const others = (receipt.content?.disabledAgents ?? []).filter(other => other !== agent)
  if (receipt.content) receipt.change({ disabledAgents: isEnabled ? others : [...others, agent] })
}

/** Names the agents of the blueprint that the receipt does not know: no command switches them. */
export async function nameOthers(run: Run): Promise<void> {
  const target = targetOf(run, requireReceipt(run))
  const about = { measure: 'Entra', title: 'other agents of the blueprint' } as const
  try {
    if (!target.recorded('blueprint')) throw new Error('The receipt does not know the blueprint.')
    for (const { list, isWanted, describe } of agentKind.collections?.(target) ?? [])
      for (const one of (await list(run.graph)).filter(member => !isWanted(member)))
        run.report({
          ...{ ...about, title: describe(one), id: one['id'] },
          result: one['accountEnabled'] === false ? 'extra' : 'stays on',
          note: 'An agent of the blueprint that the receipt does not know.',
          fix: 'Find out who made it, and see in the Entra admin center that it is disabled.',
        })
  } catch (error) {
    run.report({ ...about, result: 'not evaluated', note: (error as Error).message })
  }
}
