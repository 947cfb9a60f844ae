import type { TokenCard } from '@entra-agents/trace'
import { PhraseView } from '@entra-agents/trace-view/identity/phrase-view'
import { TokenMark } from '@entra-agents/trace-view/identity/token-mark'
import type { FactAnswer } from '@entra-agents/trace-view/identity/verdict'
import { type ComparedToken, Comparison } from '@entra-agents/trace-view/trace/compare-view'
import { compareAnswers } from '@entra-agents/trace-view/trace/comparison'
import { judgeTurn } from '@entra-agents/trace-view/trace/judge'
import { lessonOfSides } from '@entra-agents/trace-view/trace/lessons'
import { type Sign, SignMark, signWords } from '@entra-agents/trace-view/trace/sign'
import type { TurnFacts } from '@entra-agents/trace-view/trace/turn-facts'
import { flowWords } from '@entra-agents/trace-view/words/flows'
import type { Names } from '@entra-agents/trace-view/words/names'
import type { ComponentChildren } from 'preact'
import './difference.css'

/** The facts of one side, and the names that apply there. */
interface SideFacts {
  readonly facts: TurnFacts
  readonly names: Names
}

/** How the two sides differ: first in the four answers, then, if both have TR, in the other claims. */
export function Difference({ sides: [left, right] }: { readonly sides: readonly SideFacts[] }) {
  if (!left || !right || [left, right].some(({ facts }) => !facts.exchange && !facts.failure)) {
    return (
      <section class="between stack" aria-label="Difference of the two TR">
        <p class="note">What differs is shown here as soon as both sides have a token (TR).</p>
      </section>
    )
  }
  const [one, other] = [left.facts.exchange?.token, right.facts.exchange?.token]
  const answers = sideAnswers(left)
  const others = sideAnswers(right)
  const [title, otherTitle] = sideTitles(left, right)
  return (
    <section class="between stack" aria-label="Difference of the two TR">
      <p class="lesson-line">{lessonOfSides(left.facts, right.facts)}</p>
      <table class="tape">
        <thead>
          <tr>
            <th scope="col">
              {title} <TokenMark token="TR" />
            </th>
            <td />
            <th scope="col">
              <TokenMark token="TR" /> {otherTitle}
            </th>
          </tr>
        </thead>
        <tbody>
          {answers.map((answer, index) => {
            const other = others[index] ?? answer
            return (
              <DifferenceRow
                key={answer.question}
                sign={compareAnswers(answer, other)}
                name={answer.question}
                left={showAnswer(answer)}
                right={showAnswer(other)}
              />
            )
          })}
        </tbody>
      </table>
      {one && other && (
        <div class="card compare-card">
          <Comparison left={sideToken(left, one)} right={sideToken(right, other)} />
        </div>
      )}
    </section>
  )
}

function sideToken({ facts, names }: SideFacts, card: TokenCard): ComparedToken {
  return { card, names, flow: facts.flow }
}

/** The titles of the sides: the agents' titles or, for two flows of one agent, the names of the flows. */
function sideTitles(left: SideFacts, right: SideFacts): readonly [string, string] {
  if (left.names.agent === right.names.agent)
    return [flowWords[left.facts.flow].label, flowWords[right.facts.flow].label]
  return [left.names.agent, right.names.agent]
}

/** The four answers. The last one is always titled “Outcome”, whoever allowed or denied the call. */
function sideAnswers({ facts, names }: SideFacts): readonly FactAnswer[] {
  const { answers, outcome } = judgeTurn(facts, names)
  const last = answers.at(-1)
  if (!last) return answers
  const detail = [`${last.question} ${last.value} · `, ...last.detail]
  return [...answers.slice(0, -1), { ...last, question: 'Outcome', value: outcome.words, detail }]
}

function showAnswer({ value, detail }: FactAnswer) {
  return (
    <>
      <strong>{value}</strong> <PhraseView phrase={detail} />
    </>
  )
}

interface DifferenceRowProps {
  readonly sign: Sign
  readonly name: ComponentChildren
  readonly left: ComponentChildren
  readonly right: ComponentChildren
}

function DifferenceRow({ sign, name, left, right }: DifferenceRowProps) {
  return (
    <tr data-sign={sign}>
      <td>{left}</td>
      <th scope="row">
        <SignMark sign={sign} /> {name}
        <span class="visually-hidden"> {signWords[sign]}</span>
      </th>
      <td>{right}</td>
    </tr>
  )
}
