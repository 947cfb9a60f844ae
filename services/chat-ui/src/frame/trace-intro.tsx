import { type Flow, flows, type PublicConfig, type TokenRole } from '@entra-agents/trace'
import { sampleFormula } from '@entra-agents/trace-view/identity/formula'
import { FormulaView } from '@entra-agents/trace-view/identity/formula-view'
import { TokenMark } from '@entra-agents/trace-view/identity/token-mark'
import { FourAnswers, sampleAnswers } from '@entra-agents/trace-view/identity/verdict-view'
import { flowWords } from '@entra-agents/trace-view/words/flows'
import { type GlossaryTerm, glossary } from '@entra-agents/trace-view/words/glossary'
import { tokenRoleNames } from '@entra-agents/trace-view/words/names'
import type { Page } from '../page.ts'
import './trace-intro.css'

/** Shown before the first answer: the four things that every trace tells, and the formula of the tokens with its terms. */
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
        <FourAnswers answers={sampleAnswers} />
        <div class="below">
          <FormulaView formula={sampleFormula(flow)} />
        </div>
      </section>
      <dl class="facts glossary">
        {termsOf(flow).map(term => (
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

/** The identities of a flow, then its tokens in the order of the formula. */
function termsOf(flow: Flow): readonly GlossaryTerm[] {
  const { terms } = flowWords[flow]
  const account = terms.includes('T2') ? (['agent user'] as const) : []
  return ['blueprint', 'agent identity', ...account, ...terms, 'TR']
}

function isToken(term: GlossaryTerm): term is TokenRole & GlossaryTerm {
  return Object.hasOwn(tokenRoleNames, term)
}

interface NoStepsProps extends Pick<Page, 'config' | 'session'> {
  /** The flow of the question. */
  readonly flow: Flow
}

/** Why an answer has no trace, and what a trace would explain. */
export function NoSteps({ config, session, flow }: NoStepsProps) {
  return (
    <>
      <p class="note">{tellWhyNoSteps(config, session.account.value !== undefined)}</p>
      <TraceIntro flow={flow} />
    </>
  )
}

function tellWhyNoSteps({ traceFor }: PublicConfig, isSignedIn: boolean): string {
  if (traceFor === 'nobody') return 'This agent is set up to show the trace to nobody (TRACE_FOR=nobody).'
  if (traceFor === 'signed-in' && !isSignedIn)
    return 'This agent shows the trace only to users who are signed in. Sign in and ask again.'
  return 'No step was taken for this question.'
}
