import { type Component, defaultFlows, flowNames, type PublicConfig, type Status } from '@entra-agents/trace'
import { lazy } from '@entra-agents/trace-view/browser/lazy'
import { Popover } from '@entra-agents/trace-view/controls/popover'
import { flowWords } from '@entra-agents/trace-view/words/flows'
import type { PageProblem } from '../agent/page-problem.ts'
import type { Page } from '../page.ts'
import { type ShownState, StatusLight, type StatusLine, shownState, stateWords } from './status-line.tsx'

type StatusMenuProps = Pick<Page, 'status' | 'statusProblem' | 'config'>

const StatusLines = lazy(async () => (await import('./status-lines.tsx')).StatusLines)

/** The menu of what works and what does not, with reason and fix; the light on its button sums all of it up. */
export function StatusMenu({ status, statusProblem, config }: StatusMenuProps) {
  const problem = statusProblem.value
  const lines = status.value ? describeStatus(status.value, config) : []
  const summary = summarise(lines, problem)
  const isEmulated = config.emulated.length > 0
  return (
    <Popover
      id="status"
      class="button quiet"
      label="Status"
      button={
        <>
          <StatusLight state={summary.state} />
          <span class="visually-hidden">Status: </span>
          <span class="wide-only">{summary.words}</span>
          {isEmulated && <span class="emulated-mark wide-only">emulated</span>}
        </>
      }
    >
      <h2 class="t3">What the agent depends on</h2>
      <StatusLines lines={lines} problem={problem} isEmulated={isEmulated} />
    </Popover>
  )
}

function describeStatus({ components, flows, agents }: Status, config: PublicConfig): StatusLine[] {
  const { apis, emulated } = config
  const unknown: Component = { state: 'unknown' }
  const { bedrock, sidecar } = components
  const line = (title: string, component: Component, id = '', more = '') => ({
    title,
    component,
    emulated: emulated.includes(id),
    more,
  })
  return [
    line('Sidecar', sidecar, 'auth-sidecar'),
    ...apis.map(({ name, title }) => line(title, components[name.replaceAll('-', '_')] ?? unknown, name)),
    line('Bedrock', bedrock, 'bedrock', [bedrock.model, bedrock.region].filter(Boolean).join(' in ')),
    ...(config.agents.length > 1
      ? config.agents.map(({ name, title }) => line(`Tokens, ${title}`, agents?.[name] ?? unknown, 'entra'))
      : flowNames
          .filter(flow => defaultFlows.includes(flow) || config.flows.includes(flow))
          .map(flow => line(`Tokens, ${flowWords[flow].asWhom}`, flows[flow], 'entra'))),
  ]
}

function summarise(
  lines: readonly StatusLine[],
  problem: PageProblem | undefined,
): { state: ShownState; words: string } {
  if (problem) return { state: 'unavailable', words: 'Agent out of reach' }
  for (const state of ['unavailable', 'degraded'] as const) {
    const [first, ...others] = lines.filter(({ component }) => shownState(component) === state)
    const more = others.length > 0 ? ` and ${others.length} more` : ''
    if (first) return { state, words: `${first.title}${more} ${stateWords[state]}` }
  }
  const seen = lines.some(({ component }) => component.state === 'ready')
  return seen ? { state: 'ready', words: 'Ready' } : { state: 'unknown', words: 'Checking…' }
}
