import {
  type Component,
  flowNames,
  type PublicConfig,
  type Status,
} from '@entra-bedrock-agent/identity-trace'
import type { PageProblem } from '../agent/page-problem.ts'
import { Popover } from '../controls/popover.tsx'
import { TextWithJson } from '../controls/text-with-json.tsx'
import { flowWords } from '../words/flows.ts'
import { formatDistance } from '../words/times.ts'

/** One line of the status: what it is, and how it does. */
interface StatusLine {
  readonly title: string
  readonly component: Component
  readonly emulated: boolean
  readonly more: string
}

interface StatusMenuProps {
  readonly status: Status | undefined
  /** Why there is no status. */
  readonly problem: PageProblem | undefined
  readonly config: PublicConfig
}

/** What works and what does not, with reason and fix. */
export function StatusMenu({ status, problem, config }: StatusMenuProps) {
  const lines = status ? describeStatus(status, config) : []
  const summary = summarise(lines, problem)
  const { emulated } = config
  return (
    <Popover
      id="status"
      class="button quiet"
      label="Status"
      button={
        <>
          <Light state={summary.state} />
          <span class="visually-hidden">Status: </span>
          <span class="wide-only">{summary.words}</span>
          {emulated.length > 0 && <span class="emulated-mark wide-only">emulated</span>}
        </>
      }
    >
      <h2>What the agent depends on</h2>
      {problem && (
        <>
          <StatusProblem problem={problem} />
          <p class="note">It is asked again every few seconds.</p>
        </>
      )}
      {lines.length === 0 && !problem && <p class="note">No status yet.</p>}
      <ul class="status-lines">
        {lines.map(line => (
          <StatusItem key={line.title} line={line} />
        ))}
      </ul>
      {emulated.length > 0 && (
        <p class="note">
          Emulated means: a program on this machine speaks for the real service. Tokens are real in shape and
          signature, and worth nothing outside.
        </p>
      )}
    </Popover>
  )
}

/** A component that has a problem but is not unavailable works for some, or will soon: throttling passes. */
type Shown = Component['state'] | 'degraded'

function shownState({ state, problem }: Component): Shown {
  return problem && state !== 'unavailable' ? 'degraded' : state
}

const stateWords: Readonly<Record<Shown, string>> = {
  ready: 'ready',
  degraded: 'degraded',
  unavailable: 'not available',
  unknown: 'not known yet',
}

function StatusItem({ line: { title, component, emulated, more } }: { readonly line: StatusLine }) {
  const { problem, checkedAt } = component
  const state = shownState(component)
  return (
    <li>
      <Light state={state} />
      <div>
        <p>
          <strong>{title}</strong> {stateWords[state]}{' '}
          {emulated && <span class="emulated-mark">emulated</span>}
        </p>
        {more && <p class="note">{more}</p>}
        {problem && <StatusProblem problem={problem} />}
        {checkedAt && <p class="note">Seen {formatDistance(new Date(checkedAt), new Date())}</p>}
      </div>
    </li>
  )
}

function StatusProblem({ problem: { title, detail, hint, code } }: { readonly problem: PageProblem }) {
  return (
    <div class="status-problem">
      <TextWithJson text={`${title} ${detail} ${hint}`} /> <code>{code}</code>
    </div>
  )
}

/** A light that is told apart by shape as well as by colour. */
function Light({ state }: { readonly state: Shown }) {
  return <span class="light" data-state={state} aria-hidden="true" />
}

function describeStatus({ components, flows }: Status, { apis, emulated }: PublicConfig): StatusLine[] {
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
    ...flowNames.map(flow => line(flowWords[flow].tokens, flows[flow], 'entra')),
  ]
}

function summarise(
  lines: readonly StatusLine[],
  problem: PageProblem | undefined,
): { state: Shown; words: string } {
  if (problem) return { state: 'unavailable', words: 'Agent out of reach' }
  for (const state of ['unavailable', 'degraded'] as const) {
    const [first, ...others] = lines.filter(({ component }) => shownState(component) === state)
    const more = others.length > 0 ? ` and ${others.length} more` : ''
    if (first) return { state, words: `${first.title}${more} ${stateWords[state]}` }
  }
  const seen = lines.some(({ component }) => component.state === 'ready')
  return seen ? { state: 'ready', words: 'Ready' } : { state: 'unknown', words: 'Checking…' }
}
