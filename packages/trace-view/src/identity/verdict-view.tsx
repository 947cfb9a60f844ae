import type { ComponentChildren } from 'preact'
import { DottedName } from '../controls/dotted-name.tsx'
import { Icon, type IconName } from '../controls/icon.tsx'
import { PhraseView } from './phrase-view.tsx'
import type { FactAnswer, OutcomeKind, Verdict } from './verdict.ts'
import '../styles/trace.css'

const outcomeIcons: Readonly<Record<OutcomeKind, IconName>> = {
  allowed: 'check',
  denied: 'cross',
  waiting: 'wait',
  running: 'more',
  neutral: 'api',
}

export function OutcomeMark({ outcome: { kind, words } }: Pick<Verdict, 'outcome'>) {
  return (
    <span class="outcome row tone nowrap" data-outcome={kind}>
      <Icon name={outcomeIcons[kind]} />
      {words}
    </span>
  )
}

interface VerdictLineProps extends Pick<Verdict, 'headline' | 'outcome'> {
  /** Stands before the outcome. */
  readonly children?: ComponentChildren
}

/** The verdict in one line, with its outcome. */
export function VerdictLine({ headline, outcome, children }: VerdictLineProps) {
  return (
    <header class="verdict-line line pad">
      <h3 class="headline t4">
        {headline
          .split(/(\s+)/)
          .map(part => (/\S-\S/.test(part) ? <span class="whole-word">{part}</span> : part))}
      </h3>
      {children}
      <OutcomeMark outcome={outcome} />
    </header>
  )
}

/** The four questions. Every turn answers the same four, in the same places. */
export function FourAnswers({ answers }: Pick<Verdict, 'answers'>) {
  return (
    <dl class="strip grid rule">
      {answers.map(answer => (
        <div key={answer.question} class="pad" data-bad={answer.isBad ?? false}>
          <dt class="fine">{answer.question}</dt>
          <dd class="fine answer-value">
            <DottedName name={answer.value} />
          </dd>
          <dd class="fine">
            <CheckTicks {...answer} />
            <span class={answer.checks?.length ? 'whole-word' : undefined}>
              <PhraseView phrase={answer.detail} />
            </span>
          </dd>
          {answer.more && <dd class="fine">{answer.more}</dd>}
        </div>
      ))}
    </dl>
  )
}

/** A tick for each check that passed, and a cross for one that failed; never one for a check that nobody reported. */
export function CheckTicks({ checks = [], isNotYet = false }: Pick<FactAnswer, 'checks' | 'isNotYet'>) {
  if (checks.length === 0) return null
  const [passed, failed] = [true, false].map(passing => checks.filter(({ ok }) => ok === passing))
  const list = (some: typeof checks = []) => some.map(({ name }) => name).join(', ')
  const words = [
    passed?.length ? `${list(passed)} passed` : '',
    failed?.length ? `${list(failed)} did not pass` : '',
  ]
    .filter(Boolean)
    .join('; ')
  return (
    <span class="ticks" role="img" aria-label={words}>
      {checks.map(({ name, ok }, index) => (
        <i key={index} class="tone" title={name} data-check={ok ? 'passed' : isNotYet ? 'not-yet' : 'failed'}>
          <Icon name={ok ? 'check' : 'cross'} />
        </i>
      ))}
    </span>
  )
}
