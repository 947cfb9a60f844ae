import { Mistake } from '../../set-up/mistake.ts'
import { readVariables } from '../env-file.ts'
import type { Invocation } from '../options.ts'
import { type Run, requireReceipt } from '../run.ts'
import { agentsWith } from '../settings.ts'
import { type Agent, findAgents, nameOthers, switchAgents } from '../switch.ts'
import type { Entry } from '../text.ts'
import { changeDenyList } from './config-map.ts'
import { failureOf, hasResult, isComplete } from './outcome.ts'
import { openProbe, type Probe, rightsToMeasure } from './probe.ts'
import { prove } from './prove.ts'
import { describeProof, describeRefusal, writeSeries } from './report.ts'
import { Series } from './series.ts'

/** How long after Enter a proof may put off telling Entra, so that a token from before can be had. */
const headStartMs = 1_000
const pollIntervalMs = 150

/**
 * The kill switch: agents get no new token from Entra, and with a deny list the API refuses the tokens that they have. Entra and
 * the deny list begin at once: none waits for the other, or stops it. The way to the pods, which only measuring takes, is opened
 * after them; for a proof, beside them.
 *
 * @returns whether everything that was asked for is done and, with a proof, measured
 */
export async function disable(run: Run, options: Invocation): Promise<boolean> {
  const { prove: isToBeProven, denyList } = options
  const { settings } = requireReceipt(run)
  const agents = findAgents(run, options.agents)
  if (isToBeProven && agents.length !== 1)
    throw new Mistake('A proof is about one agent.', `Name it: --agent ${settings.agents.join(' or ')}`)
  const hasDenyList = denyList !== undefined && agents.length > 0
  const headStart = Promise.withResolvers<void>()
  if (isToBeProven)
    run.clock.wait(Math.max(run.clock.enteredMs + headStartMs - run.clock.nowMs(), 0)).then(headStart.resolve)
  else headStart.resolve()
  const off = headStart.promise.then(() => switchAgents(run, options.agents, false))
  const denied = hasDenyList ? changeDenyList(run, agents, options, 'denied') : undefined
  const opening = isToBeProven
    ? openProbe(options)
    : denied?.then(isDenied => (isDenied ? openProbe(options) : undefined))
  await using _way = {
    [Symbol.asyncDispose]: async () => (await opening?.catch(() => undefined))?.[Symbol.asyncDispose](),
  }
  const measure = async (agent: Agent) => {
    const report = (measured: Omit<Entry, 'title'>) => run.report({ ...agent, ...measured })
    try {
      const probe = await opening
      if (!probe) throw new Error('The deny list is not changed.')
      if (!isToBeProven) return report(await measureRefusal(run, probe, agent.id))
      const proof = await prove({
        ...{ probe, clock: run.clock, waitSeconds: run.waitSeconds },
        ...{ agentId: agent.id, siblings: findSiblings(run, agent.name) },
        switched: Promise.all([off, denied]).then(([isOff, isDenied = false]) => ({ isOff, isDenied })),
        onFirstAnswers: headStart.resolve,
      })
      run.print(writeSeries(proof))
      if (hasDenyList) report(describeRefusal(proof.series.api))
      report(describeProof(proof))
    } catch (error) {
      const failure = failureOf(error, rightsToMeasure)
      if (isToBeProven) report({ ...failure, measure: 'proof', result: 'not proven' })
      else report({ ...failure, measure: 'API', result: 'not measured' })
    } finally {
      headStart.resolve()
    }
  }
  const measuring = opening ? agents.map(measure) : []
  await Promise.all([off, denied, nameOthers(run), ...measuring])
  if (hasResult(run, 'disabled', 'denied')) run.print(describeWhatGoesOn(run, options))
  return isComplete(run, 'disabled')
}

/** The other agents of the receipt that are not switched off and may have a right of their own at the API. */
function findSiblings(run: Run, name: string): readonly Agent[] {
  const { disabledAgents, settings } = requireReceipt(run)
  const autonomous = agentsWith(settings, 'autonomous')
  return findAgents(run, []).filter(
    one => one.name !== name && autonomous.includes(one.name) && !disabledAgents.includes(one.name),
  )
}

/** Once the agent is on the deny list, calls the API with an earlier token until the API refuses it. */
async function measureRefusal(
  { clock, waitSeconds }: Run,
  probe: Probe,
  agentId: string,
): Promise<Omit<Entry, 'title'>> {
  const { token, code } = await probe.fetchToken(agentId, false)
  const series = new Series('call with an earlier token')
  if (token === undefined) series.failure = `the sidecar has no earlier token: ${code}`
  else
    while (!series.refused && clock.nowMs() < clock.enteredMs + waitSeconds * 1_000) {
      const sentMs = clock.nowMs()
      series.note(await probe.callApi(token), sentMs - clock.enteredMs, clock.nowMs() - clock.enteredMs)
      if (!series.refused) await clock.wait(pollIntervalMs)
    }
  return describeRefusal(series)
}

function describeWhatGoesOn(run: Run, options: Invocation): string {
  const { envFile, clock } = run
  const arn = readVariables(envFile)['AWS_ROLE_ARN']
  const role = arn ? arn.slice(arn.lastIndexOf('/') + 1) : '<role>'
  const before = new Date(clock.nowMs()).toISOString()
  const denySessions = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:TokenIssueTime":"${before}"}}}]}`
  const isRefused = hasResult(run, 'refused') && !hasResult(run, 'accepted', 'not measured')
  const tokens = isRefused
    ? 'APIs without this deny list accept tokens issued before until they expire, which is up to 90 minutes.'
    : `Tokens issued before stay valid until they expire, which is up to 90 minutes, and the sidecar
uses those it has. To end them at once: --deny-list, or stop the agent (kubectl scale deployment … --replicas 0), or take it out
of WEATHER_ALLOWED_CALLERS.`
  const agents = options.agents.map(name => ` --agent ${JSON.stringify(name)}`).join('')
  const list = hasResult(run, 'denied') ? ' --deny-list' : ''
  return `
${options.prove ? '' : 'From when on Entra issues no new token, only --prove tells. '}${tokens} Undo: npx --no-install agentctl entra enable${list}${agents}

Bedrock goes on, for all agents of the pod: Entra has no say there. To end the sessions of its role that there are (it gets new ones, unless
you change the role’s trust policy too):
aws iam put-role-policy --role-name ${role} --policy-name deny-earlier-sessions --policy-document '${denySessions}'`
}
