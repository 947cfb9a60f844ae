import { type Flow, flows } from '@entra-bedrock-agent/identity-trace'
import { sampleFormula } from '../identity/formula.ts'
import { FormulaView } from '../identity/formula-view.tsx'
import { TokenMark } from '../identity/token-mark.tsx'
import { FourAnswers, sampleAnswers } from '../identity/verdict-view.tsx'
import { type GlossaryTerm, glossary } from '../words/glossary.ts'
import './trace-intro.css'

const shown: readonly GlossaryTerm[] = ['blueprint', 'agent identity', 'T1', 'Tc', 'TR']

/** What every answer will tell, before there is one: the four questions, the exchange and its words. */
export function TraceIntro({ flow }: { readonly flow: Flow }) {
  return (
    <div class="trace-intro stack">
      <div>
        <h3>Each answer tells four things, and proves them.</h3>
        <p class="note">
          A sample of how the agent calls {flows[flow].inWords}. Yours appears here step by step.
        </p>
      </div>
      <section class="card verdict-box sample" aria-label="Sample">
        <div class="verdict stack">
          <FourAnswers answers={sampleAnswers} />
          <FormulaView formula={sampleFormula(flow)} legend="not seen by the agent" />
        </div>
      </section>
      <dl class="facts glossary">
        {shown.map(term => (
          <div key={term}>
            <dt>
              {term === 'T1' || term === 'Tc' || term === 'TR' ? (
                <TokenMark token={term} />
              ) : (
                glossary[term].title
              )}
            </dt>
            <dd>{glossary[term].meaning}</dd>
          </div>
        ))}
      </dl>
    </div>
  )
}
