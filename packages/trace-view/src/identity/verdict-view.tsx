import type { RenderableProps } from 'preact'
import { DottedName } from '../controls/dotted-name.tsx'
import { Icon, type IconName } from '../controls/icon.tsx'
import type { ApiGate } from './formula.ts'
import { PhraseView } from './phrase-view.tsx'
import type { FactAnswer, OutcomeKind, Verdict } from './verdict.ts'
import '../styles/trace.css'

/** Of outcomes, and of the API at the end of a formula. */
export const outcomeIcons: Readonly<Record<OutcomeKind | ApiGate['state'], IconName>> = {
  allowed: 'check',
  denied: 'cross',
  waiting: 'wait',
  running: 'more',
  next: 'more',
  neutral: 'api',
  answered: 'api',
}

export function OutcomeMark({ outcome: { kind, words } }: Pick<Verdict, 'outcome'>) {
  return (
    <span class="outcome row tone nowrap" data-outcome={kind}>
      <Icon name={outcomeIcons[kind]} />
      {words}
    </span>
  )
}

/** The verdict in one line, with its outcome; what is given stands before that. */
export function VerdictLine(props: RenderableProps<Pick<Verdict, 'headline' | 'outcome'>>) {
  const { headline, outcome, children } = props
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
  const tell = (passing: boolean, outcome: string) => {
    const names = checks.filter(({ ok }) => ok === passing).map(({ name }) => name)
    return names.length > 0 ? [`${names.join(', ')} ${outcome}`] : []
  }
  const words = [...tell(true, 'passed'), ...tell(false, 'did not pass')].join('; ')
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
