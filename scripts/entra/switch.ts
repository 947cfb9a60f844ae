import { Mistake } from '../set-up/mistake.ts'
import { agents } from './objects/agents.ts'
import { agentKey } from './objects/tenant-object.ts'
import { NotYet } from './patience.ts'
import { inStep, type Run, requireReceipt, targetOf } from './run.ts'
import { line } from './text.ts'

/** The kill switch: agents that are switched off get no new token. Without names: all of the receipt's agents. */
export async function switchAgents(run: Run, wanted: readonly string[], isEnabled: boolean): Promise<void> {
  const receipt = requireReceipt(run)
  const known = agents(targetOf(run, receipt, () => receipt.objects))
  for (const name of wanted.length > 0 ? wanted : receipt.settings.agents) {
    const agent = known.find(({ key }) => key === agentKey(name))
    const path = agent?.address?.()
    if (!agent || !path || !receipt.objects[agent.key])
      throw new Mistake(
        `The receipt knows no agent "${name}".`,
        `It knows: ${receipt.settings.agents.join(', ')}.`,
      )
    await inStep(run, agent, async () => {
      await run.graph.send({ method: 'PATCH', path, body: { accountEnabled: isEnabled } })
      const shown = await run.graph.read(path)
      if (shown?.['accountEnabled'] !== isEnabled)
        throw new NotYet('Entra took the change and does not show it')
    })
    const others = requireReceipt(run).disabledAgents.filter(other => other !== name)
    run.receipt.change({ disabledAgents: isEnabled ? others : [...others, name] })
    run.print(line(isEnabled ? 'enabled' : 'disabled', agent.title, receipt.objects[agent.key]?.id))
  }
  run.print(isEnabled ? afterEnable : afterDisable)
}

const afterEnable = '\nNew tokens are issued again, within some minutes.'
const afterDisable = `
No new token is issued. Tokens issued before stay valid until they expire, which is up to 90 minutes, and the sidecar
uses those it has. To end them at once: stop the agent (kubectl scale deployment … --replicas 0), or take it out
of WEATHER_ALLOWED_CALLERS. Undo: npm run entra -- enable`
