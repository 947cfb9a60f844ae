import type { Flow, TraceStep } from '@entra-bedrock-agent/identity-trace'
import { FormulaView } from '../identity/formula-view.tsx'
import type { FactAnswer } from '../identity/verdict.ts'
import { FourAnswers, VerdictLine } from '../identity/verdict-view.tsx'
import { judge } from '../trace/judge.ts'
import { gatherFacts } from '../trace/turn-facts.ts'
import { writeFormulas } from '../trace/write-formula.ts'
import type { Names } from '../words/names.ts'

interface VerdictProps {
  readonly steps: readonly TraceStep[]
  readonly flow: Flow
  readonly names: Names
}

/** Who called, for whom, by which right and allowed by whom, and the exchange: as the page shows it. */
export function ReportedVerdict({ steps, flow, names }: VerdictProps) {
  const facts = gatherFacts(steps, flow, false)
  const verdict = judge(facts, names)
  const formulas = writeFormulas(facts, names)
  return (
    <section class="card verdict-box stack">
      <VerdictLine {...verdict} />
      <FourAnswers answers={verdict.answers.map(plain)} />
      {formulas.map((formula, index) => (
        <FormulaView key={index} formula={formula} />
      ))}
    </section>
  )
}

/** The same in plain words: a report has nothing to press for what explains them. */
function plain({ detail, ...answer }: FactAnswer): FactAnswer {
  return {
    ...answer,
    detail: detail.map(part => (typeof part === 'object' && 'term' in part ? part.words : part)),
  }
}
