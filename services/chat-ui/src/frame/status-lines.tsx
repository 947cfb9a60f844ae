import { TextWithJson } from '@entra-agents/trace-view/controls/text-with-json'
import { formatDistance } from '@entra-agents/trace-view/words/times'
import type { PageProblem } from '../agent/page-problem.ts'
import { StatusLight, type StatusLine, shownState, stateWords } from './status-line.tsx'

interface StatusLinesProps {
  readonly lines: readonly StatusLine[]
  readonly problem: PageProblem | undefined
  /** Whether any service that the agent or the page depends on is emulated. */
  readonly isEmulated: boolean
}

/** What the agent depends on, one line each, with reason and fix. */
export function StatusLines({ lines, problem, isEmulated }: StatusLinesProps) {
  return (
    <>
      {problem && <StatusProblem problem={problem} />}
      {problem && <p class="note">It is asked again every few seconds.</p>}
      {lines.length === 0 && !problem && <p class="note">No status yet.</p>}
      <ul class="status-lines stack">
        {lines.map(line => (
          <StatusItem key={line.title} line={line} />
        ))}
      </ul>
      {isEmulated && (
        <p class="note">
          Emulated means: a program on this machine speaks for the real service. Tokens are real in shape and
          signature, and worth nothing outside.
        </p>
      )}
    </>
  )
}

function StatusItem({ line: { title, component, emulated, more } }: { readonly line: StatusLine }) {
  const { problem, checkedAt } = component
  const state = shownState(component)
  return (
    <li class="grid gap-2">
      <StatusLight state={state} />
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
    <div class="json stack gap-2">
      <TextWithJson text={`${title} ${detail} ${hint}`} /> <code>{code}</code>
    </div>
  )
}
