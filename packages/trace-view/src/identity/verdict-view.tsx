import type { Check } from '@entra-agents/trace'
import { DottedName } from '../controls/dotted-name.tsx'
import { Icon, type IconName } from '../controls/icon.tsx'
import { PhraseView } from './phrase-view.tsx'
import type { FactAnswer, OutcomeKind, Verdict } from './verdict.ts'
import './verdict.css'

const outcomeIcons: Readonly<Record<OutcomeKind, IconName>> = {
  allowed: 'check',
  denied: 'cross',
  waiting: 'wait',
  running: 'more',
  neutral: 'api',
}

export function OutcomeMark({ outcome: { kind, words } }: Pick<Verdict, 'outcome'>) {
  return (
    <span class="outcome row" data-outcome={kind}>
      <Icon name={outcomeIcons[kind]} />
      {words}
    </span>
  )
}

/** The verdict in one line, with its outcome. */
export function VerdictLine({ headline, outcome }: Pick<Verdict, 'headline' | 'outcome'>) {
  return (
    <div class="verdict-line line">
      <h3>
        {headline
          .split(/(\s+)/)
          .map(part => (/\S-\S/.test(part) ? <span class="whole-word">{part}</span> : part))}
      </h3>
      <OutcomeMark outcome={outcome} />
    </div>
  )
}

/** The four questions. Every turn answers the same four, in the same places. */
export function FourAnswers({ answers }: Pick<Verdict, 'answers'>) {
  return (
    <dl class="four">
      {answers.map(({ question, value, checks = [], detail, isBad = false }) => (
        <div key={question} data-bad={isBad}>
          <dt>{question}</dt>
          <dd>
            <DottedName name={value} />
          </dd>
          <dd>
            {checks.length > 0 && <CheckTicks checks={checks} />}
            <PhraseView phrase={detail} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

/** A tick for each check that passed, and a cross for one that failed; never one for a check that nobody reported. */
export function CheckTicks({ checks }: { readonly checks: readonly Check[] }) {
  const words = checks.map(({ name, ok }) => `${name} ${ok ? 'passed' : 'failed'}`)
  return (
    <span class="ticks" role="img" aria-label={words.join(', ')}>
      {checks.map(({ ok }, index) => (
        <span key={index} title={words[index]} data-bad={!ok}>
          <Icon name={ok ? 'check' : 'cross'} />
        </span>
      ))}
    </span>
  )
}

/** General answers to the four questions, shown before the first turn. */
export const sampleAnswers: readonly FactAnswer[] = [
  { question: 'Who called', value: 'the agent', detail: ['by its own identity'] },
  { question: 'For whom', value: 'itself, or you', detail: ['never you without sign-in'] },
  { question: 'By which right', value: 'a role, or a scope', detail: ['its own, or yours'] },
  { question: 'Allowed by', value: 'the API', detail: ['it checks TR itself'] },
]
