import { TextWithJson } from '@entra-agents/trace-view/controls/text-with-json'
import { formatDistance } from '@entra-agents/trace-view/words/times'
import { spellOutDirections } from '@entra-agents/trace-view/words/visible-text'
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
        {lines.map(({ title, component, emulated, more }) => (
          <li key={title} class="grid gap-2">
            <StatusLight state={shownState(component)} />
            <div>
              <p>
                <strong>{title}</strong> {stateWords[shownState(component)]}{' '}
                {emulated && <span class="emulated-mark">emulated</span>}
              </p>
              {more && <p class="note">{more}</p>}
              {component.problem && <StatusProblem problem={component.problem} />}
              {component.checkedAt && (
                <p class="note">Seen {formatDistance(new Date(component.checkedAt), new Date())}</p>
              )}
            </div>
          </li>
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

function StatusProblem({ problem: { title, detail, hint, code } }: { readonly problem: PageProblem }) {
  return (
    <div class="json stack gap-2">
      <TextWithJson text={spellOutDirections(`${title} ${detail} ${hint}`)} /> <code>{code}</code>
    </div>
  )
}
