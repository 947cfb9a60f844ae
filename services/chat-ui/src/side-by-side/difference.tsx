import { TokenMark } from '@entra-agents/trace-view/identity/token-mark'
import { CheckTicks } from '@entra-agents/trace-view/identity/verdict-view'
import { ComparisonTable } from '@entra-agents/trace-view/trace/comparison-table'
import { judgeTurn } from '@entra-agents/trace-view/trace/judge'
import { lessonOfSides } from '@entra-agents/trace-view/trace/lesson-of-sides'
import type { TurnFacts } from '@entra-agents/trace-view/trace/turn-facts'
import { flowWords } from '@entra-agents/trace-view/words/flows'
import type { Names } from '@entra-agents/trace-view/words/names'
import type { ChangeEnd } from './tell-end.ts'

/** The facts of one side, and the names that apply there. */
export interface SideFacts {
  readonly facts: TurnFacts
  readonly names: Names
  /** Where the changes that it was asked for ended; else the side ends as its calls did. */
  readonly end?: ChangeEnd | undefined
}

/** How the two sides differ: their tokens, question by question, and how the turns ended. */
export function Difference({ sides }: { readonly sides: readonly [SideFacts, SideFacts] | undefined }) {
  return (
    <section class="sides-between stack gap-4" aria-label="Difference of the two TR">
      {sides?.every(({ facts }) => facts.exchange ?? facts.failure) ? (
        <DifferentTokens sides={sides} />
      ) : (
        <p class="note">What differs is shown here as soon as both sides have a token (TR).</p>
      )}
      <p class="fine">The pickers change nothing until you press Ask both.</p>
    </section>
  )
}

function DifferentTokens({ sides: [left, right] }: { readonly sides: readonly [SideFacts, SideFacts] }) {
  const isOneAgent = left.names.agent === right.names.agent
  const tokenOf = ({ facts, names }: SideFacts) => ({
    card: facts.exchange?.token ?? { role: 'TR' as const, observed: false },
    names,
  })
  const headOf = ({ facts, names }: SideFacts) => (
    <>
      <TokenMark token="TR" /> {isOneAgent ? flowWords[facts.flow].label : names.agent}
    </>
  )
  const isSameEnd = endOf(left).words === endOf(right).words
  return (
    <>
      <h2 class="headline t4 center">{lessonOfSides(left.facts, right.facts)}</h2>
      <div class="card frame">
        <ComparisonTable
          left={tokenOf(left)}
          right={tokenOf(right)}
          heads={[headOf(left), headOf(right)]}
          outcome={{ sign: isSameEnd ? 'same' : 'changed', sides: [<End {...left} />, <End {...right} />] }}
        />
      </div>
    </>
  )
}

function endOf({ facts, names, end }: SideFacts) {
  const { outcome, answers } = judgeTurn(facts, names)
  const name = (end?.outcome ?? outcome).words
  // A side that was stopped ends without an API's answer; what an API said to other calls is not its end.
  if (end && end.outcome.kind !== 'allowed') return { words: name, name }
  const status = facts.exchange?.decisive?.response?.status
  return { words: [name, status].filter(Boolean).join(' '), name, status, checks: answers.at(-1)?.checks }
}

function End(side: SideFacts) {
  const { name, status, checks = [] } = endOf(side)
  return (
    <>
      <strong>{name}</strong> {checks.length > 0 && <CheckTicks checks={checks} />} {status}
    </>
  )
}
