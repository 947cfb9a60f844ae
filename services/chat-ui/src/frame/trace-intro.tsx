import { type Flow, flows, type TokenRole } from '@entra-bedrock-agent/identity-trace'
import { sampleFormula } from '../identity/formula.ts'
import { FormulaView } from '../identity/formula-view.tsx'
import { TokenMark } from '../identity/token-mark.tsx'
import { FourAnswers, sampleAnswers } from '../identity/verdict-view.tsx'
import { flowWords } from '../words/flows.ts'
import { type GlossaryTerm, glossary } from '../words/glossary.ts'
import { tokenRoleNames } from '../words/names.ts'
import './trace-intro.css'

const shown: readonly GlossaryTerm[] = ['blueprint', 'agent identity', 'T1', 'Tc', 'TR']
const shownOfAccount: readonly GlossaryTerm[] = [
  'blueprint',
  'agent identity',
  'agent user',
  'T1',
  'T2',
  'TR',
]

/** What every answer will tell, before there is one: the four questions, the exchange and its words. */
export function TraceIntro({ flow }: { readonly flow: Flow }) {
  return (
    <div class="trace-intro stack scroll">
      <div>
        <h3>Each answer tells four things, and proves them.</h3>
        <p class="note">
          A sample of how the agent calls {flows[flow].inWords}. Yours appears here step by step.
        </p>
      </div>
      <section class="card verdict-box sample" aria-label="Sample">
        <div class="verdict stack">
          <FourAnswers answers={sampleAnswers} />
          <FormulaView formula={sampleFormula(flow)} />
        </div>
      </section>
      <dl class="facts glossary">
        {(flowWords[flow].terms.includes('T2') ? shownOfAccount : shown).map(term => (
          <div key={term}>
            <dt>
              {glossary[term].title} {isToken(term) && <TokenMark token={term} />}
            </dt>
            <dd>{glossary[term].meaning}</dd>
          </div>
        ))}
      </dl>
    </div>
  )
}

function isToken(term: GlossaryTerm): term is TokenRole & GlossaryTerm {
  return Object.hasOwn(tokenRoleNames, term)
}
