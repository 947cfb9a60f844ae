import { Kubectl } from '../../doctor/kube/kubectl.ts'
import { Mistake } from '../../set-up/mistake.ts'
import { readVariables } from '../env-file.ts'
import type { Invocation } from '../options.ts'
import { type Run, requireReceipt } from '../run.ts'
import { agentsWith } from '../settings.ts'
import { findAgents, switchAgents } from '../switch.ts'
import { changeRows, type DenyListConfigMap, findConfigMap } from './config-map.ts'
import { openProbe, type Probe } from './probe.ts'
import { prove, type Sibling } from './prove.ts'
import { describeProof } from './report.ts'
import { denyAgents } from './rows.ts'
import { Series } from './series.ts'

/**
 * The kill switch: agents get no new token from Entra, and with a deny list the API refuses the tokens that they have. Agents
 * are switched off at Entra even if other steps fail. The first failure is thrown at the end.
 *
 * @returns `false` if a proof was asked for and leaves doubts
 */
export async function disable(run: Run, options: Invocation): Promise<boolean> {
  const agents = findAgents(run, options.agents)
  const [agent, ...others] = agents
  if (options.isToBeProven && (!agent || others.length > 0))
    throw new Mistake(
      'A proof is about one agent.',
      `Name it: --agent ${agents.map(({ name }) => name).join(' or ')}`,
    )
  await using work = new AsyncDisposableStack()
  const failures: unknown[] = []
  const attempt = async <Result>(act: () => Promise<Result>) =>
    act().catch((error: unknown) => {
      failures.push(error)
      return undefined
    })
  const hasDenyList = options.denyList !== undefined
  const kubectl = new Kubectl(options.namespace)
  const list = hasDenyList
    ? await attempt(() => findConfigMap(kubectl, options.denyList ?? undefined))
    : undefined
  const needsProbe = options.isToBeProven || list !== undefined
  const probe = needsProbe ? await attempt(async () => work.use(await openProbe(options))) : undefined
  let isDenied = false
  const switchOff = async () => {
    if (list) isDenied = (await attempt(() => denyInConfigMap(run, kubectl, list, agents))) ?? false
    await switchAgents(run, options.agents, false)
    return isDenied
  }
  let isProven = true
  if (probe && agent && options.isToBeProven) {
    const { clock, waitSeconds: limitSeconds } = run
    const ids = { agentId: agent.id, siblings: findSiblings(run, agent.name) }
    const proof = await prove(
      { probe, clock, ...ids, limitSeconds, hasDenyList: list !== undefined },
      switchOff,
    )
    run.print(describeProof(proof))
    isProven = proof.doubts.length === 0
  } else if (probe && agent) await measureRefusal(run, probe, agent.id, switchOff)
  else await switchOff()
  run.print(describeWhatGoesOn(run, isDenied))
  if (failures.length > 0) throw failures[0]
  return isProven
}

async function denyInConfigMap(
  run: Run,
  kubectl: Kubectl,
  list: DenyListConfigMap,
  agents: readonly { readonly id: string }[],
): Promise<true> {
  const ids = agents.map(({ id }) => id)
  const { isTouched } = await changeRows(kubectl, list, rows => denyAgents(rows, ids, run.clock.nowMs()))
  run.print(`Denied in the ConfigMap ${list.name}, which ${list.pods.length} pods mount.`)
  if (!isTouched)
    run.print(
      'The pods could not be touched (patch pods), so the kubelet may take up to two minutes to notice.',
    )
  return true
}

/** The other agents of the receipt that are not switched off and may have a right of their own at the API. */
function findSiblings(run: Run, name: string): readonly Sibling[] {
  const { disabledAgents, settings } = requireReceipt(run)
  const off = [name, ...disabledAgents]
  const others = agentsWith(settings, 'autonomous').filter(one => !off.includes(one))
  return others.length > 0 ? findAgents(run, others) : []
}

const pollIntervalMs = 150

/** Switches the agent off. If `switchOff` put it on the deny list, prints how long the API still accepted an older token. */
async function measureRefusal(
  run: Run,
  probe: Probe,
  agentId: string,
  switchOff: () => Promise<boolean>,
): Promise<void> {
  const { clock } = run
  const { token, code } = await probe.fetchToken(agentId, false)
  const startMs = clock.nowMs()
  if (!(await switchOff())) return
  if (token === undefined) {
    run.print(`Not measured when the API refuses: the sidecar gave no token before (${code}).`)
    return
  }
  const series = new Series('')
  while (!series.refused && clock.nowMs() < startMs + run.waitSeconds * 1_000) {
    const sentMs = clock.nowMs()
    series.note(await probe.callApi(token), sentMs, clock.nowMs())
    if (!series.refused) await clock.wait(pollIntervalMs)
  }
  const { refused, failure = 'accepted' } = series
  run.print(
    refused
      ? `The API refuses a token from before since ${((refused.fromMs - startMs) / 1_000).toFixed(1)} s after the switch (${refused.code}).`
      : `The API did not refuse a token from before within ${run.waitSeconds} s (${failure}).`,
  )
}

function describeWhatGoesOn({ envFile, clock }: Run, isDenied: boolean): string {
  const arn = readVariables(envFile)['AWS_ROLE_ARN']
  const role = arn ? arn.slice(arn.lastIndexOf('/') + 1) : '<role>'
  const denySessions = {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Deny',
        Action: '*',
        Resource: '*',
        Condition: { DateLessThan: { 'aws:TokenIssueTime': new Date(clock.nowMs()).toISOString() } },
      },
    ],
  }
  const tokens = isDenied
    ? 'No new token is issued, and the API with the deny list refuses those that were. Other APIs accept them until they expire.'
    : `No new token is issued. Tokens issued before stay valid until they expire, which is up to 90 minutes, and the sidecar
uses those it has. To end them at once: --deny-list, or stop the agent (kubectl scale deployment … --replicas 0), or take it out
of WEATHER_ALLOWED_CALLERS.`
  return `
${tokens} Undo: npx --no-install agentctl entra enable${isDenied ? ' --deny-list' : ''}

Bedrock goes on, for all agents of the pod: Entra has no say there. To end the sessions of its role that there are (it gets new ones, unless
you change the role’s trust policy too):
aws iam put-role-policy --role-name ${role} --policy-name deny-earlier-sessions --policy-document '${JSON.stringify(denySessions)}'`
}
