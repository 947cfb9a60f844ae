import type { Flow, TraceStep } from '@entra-bedrock-agent/identity-trace'
import { FormulaView } from '../identity/formula-view.tsx'
import { FourAnswers, VerdictLine } from '../identity/verdict-view.tsx'
import { judge } from '../trace/judge.ts'
import { legendOf } from '../trace/legend.ts'
import { gatherFacts } from '../trace/turn-facts.ts'
import { writeFormulas } from '../trace/write-formula.ts'
import type { Names } from '../words/names.ts'

interface VerdictProps {
  readonly steps: readonly TraceStep[]
  readonly flow: Flow
  readonly names: Names
}

/** Who called, for whom, by which right and allowed by whom, and the exchange: as the page shows it, told to others. */
export function VerdictForOthers({ steps, flow, names }: VerdictProps) {
  const facts = gatherFacts(steps, flow, false)
  const verdict = forOthers(judge(facts, names))
  const formulas = forOthers(writeFormulas(facts, names))
  return (
    <section class="card verdict-box stack">
      <VerdictLine {...verdict} />
      <FourAnswers answers={verdict.answers} />
      {formulas.map((formula, index) => (
        <FormulaView
          key={index}
          formula={formula}
          {...(index === formulas.length - 1 ? { legend: legendOf(facts) } : {})}
        />
      ))}
    </section>
  )
}

/** Words for a reader who is not the user who asked. */
const words: readonly (readonly [RegExp, string])[] = [
  [/^You$/, 'The user who asked'],
  [/^You declined\b/, 'The user who asked declined'],
  [/\byour consent\b/g, 'the consent of the user who asked'],
  [/\bon your behalf\b/g, 'on behalf of the user who asked'],
  [/\bYour token\b/g, 'User’s token'],
  [/\bact for you\b/g, 'act for them'],
  [/\byours\b/g, 'theirs'],
  [/^you\b/, 'the user who asked'],
  [/\bknows you\b/, 'knows them'],
]

/** The same in words for others, in which nothing is explained on a press: a report has nothing to press. */
export function forOthers<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value), (_key, part: unknown) => {
    if (typeof part === 'string') return words.reduce((text, [you, they]) => text.replace(you, they), part)
    return isTerm(part) ? part.words : part
  }) as Value
}

function isTerm(part: unknown): part is { readonly words: string } {
  return typeof part === 'object' && part !== null && 'term' in part && 'words' in part
}
