import { Mistake } from '../set-up/mistake.ts'
import { listObjects } from './objects/kinds.ts'
import { agentKey, type TenantObject } from './objects/tenant-object.ts'
import { NotYet } from './patience.ts'
import { inStep, type Run, requireReceipt, targetOf } from './run.ts'
import { line } from './text.ts'

/**
 * The kill switch: agents that are switched off get no new token. Without names: all of the receipt's agents, and to switch on, the
 * principals of blueprint, page and API too, if somebody switched them off.
 */
export async function switchAgents(run: Run, names: readonly string[], isEnabled: boolean): Promise<void> {
  const receipt = requireReceipt(run)
  const { agents } = receipt.settings
  const unknown = names.find(name => !receipt.objects[agentKey(name)])
  if (unknown !== undefined)
    throw new Mistake(`The receipt knows no agent "${unknown}".`, `It knows: ${agents.join(', ')}.`)
  const wanted = (names.length > 0 ? names : agents).map(agentKey)
  for (const object of listObjects(targetOf(run, receipt, () => receipt.objects))) {
    const isAgent = wanted.includes(object.key)
    if (!object.isOn || !receipt.objects[object.key]) continue
    if (isAgent || (isEnabled && names.length === 0 && (await isOff(run, object))))
      await inStep(run, object, () => turn(run, object, isEnabled))
    else continue
    run.print(line(isEnabled ? 'enabled' : 'disabled', object.title, receipt.objects[object.key]?.id))
    const name = agents.find(one => agentKey(one) === object.key)
    const others = requireReceipt(run).disabledAgents.filter(other => other !== name)
    run.receipt.change({ disabledAgents: isEnabled || !name ? others : [...others, name] })
  }
  run.print(isEnabled ? afterEnable : afterDisable)
}

async function isOff({ graph }: Run, { address, key }: TenantObject): Promise<boolean> {
  const isPrincipal = key.endsWith('-principal')
  return isPrincipal && address !== undefined && (await graph.read(address()))?.['accountEnabled'] === false
}

async function turn({ graph }: Run, { address }: TenantObject, accountEnabled: boolean): Promise<void> {
  const path = address?.() ?? ''
  await graph.send({ method: 'PATCH', path, body: { accountEnabled } })
  if ((await graph.read(path))?.['accountEnabled'] !== accountEnabled)
    throw new NotYet('Entra took the change and does not show it')
}

const afterEnable = '\nNew tokens are issued again, within some minutes.'
const afterDisable = `
No new token is issued. Tokens issued before stay valid until they expire, which is up to 90 minutes, and the sidecar
uses those it has. To end them at once: stop the agent (kubectl scale deployment … --replicas 0), or take it out
of WEATHER_ALLOWED_CALLERS. Undo: npx --no-install agentctl entra enable`
