import { Mistake } from '../set-up/mistake.ts'
import { NotYet } from './patience.ts'
import { agentKey, switchAccess } from './resources.ts'
import { inStep, type Run } from './run.ts'
import { requireReceipt } from './status.ts'
import { line } from './text.ts'

/** The kill switch: agents that are switched off get no new token. Without names: all of the receipt's agents. */
export async function switchAgents(run: Run, wanted: readonly string[], isEnabled: boolean): Promise<void> {
  const { settings } = requireReceipt(run)
  for (const name of wanted.length > 0 ? wanted : settings.agents) {
    const { objects, disabledAgents } = requireReceipt(run)
    const recorded = objects[agentKey(name)]
    if (!recorded)
      throw new Mistake(`The receipt knows no agent "${name}".`, `It knows: ${settings.agents.join(', ')}.`)
    const path = `/servicePrincipals/${recorded.id}/microsoft.graph.agentIdentity`
    const title = `agent identity "${name}"`
    await inStep(run, { title, access: switchAccess }, async () => {
      await run.graph.send({ method: 'PATCH', path, body: { accountEnabled: isEnabled } })
      const shown = await run.graph.read(path)
      if (shown?.['accountEnabled'] !== isEnabled)
        throw new NotYet('Entra took the change and does not show it')
    })
    const others = disabledAgents.filter(other => other !== name)
    run.receipt.change({ disabledAgents: isEnabled ? others : [...others, name] })
    run.print(line(isEnabled ? 'enabled' : 'disabled', title, recorded.id))
  }
  run.print(isEnabled ? afterEnable : afterDisable)
}

const afterEnable = '\nNew tokens are issued again, within some minutes.'
const afterDisable = `
No new token is issued. Tokens issued before stay valid until they expire, which is up to 90 minutes, and the sidecar
uses those it has. To end them at once: stop the agent (kubectl scale deployment … --replicas 0), or take it out
of WEATHER_ALLOWED_CALLERS. Undo: npm run entra -- enable`
