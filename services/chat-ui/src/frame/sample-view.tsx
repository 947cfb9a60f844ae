import type { TokenRole } from '@entra-agents/trace'
import { FormulaView } from '@entra-agents/trace-view/identity/formula-view'
import { TokenMark } from '@entra-agents/trace-view/identity/token-mark'
import { FourAnswers, VerdictLine } from '@entra-agents/trace-view/identity/verdict-view'
import type { Try } from '../conversation/tries.ts'
import type { Page } from '../page.ts'
import { sampleOf } from './sample.ts'

/** What a token is, said once, before the first answer. */
const tokenWords: Readonly<Record<TokenRole, readonly [name: string, meaning: string]>> = {
  T1: [
    'The blueprint’s token.',
    'The blueprint is the application that agents are made from. By this token it vouches: “this agent is one of mine.” It stays between sidecar and Entra ID.',
  ],
  T2: [
    'The agent’s token for its own account.',
    'By it the agent vouches for its user account in Entra. It stays between sidecar and Entra ID, too.',
  ],
  Tc: [
    'The caller’s token, yours.',
    'You get it when you sign in. It lets this agent act for you, and nothing else.',
  ],
  TR: [
    'The token for the resource.',
    'It names the agent as the caller, and opens one API. The API sees no other token.',
  ],
}

interface SampleViewProps extends Pick<Page, 'config' | 'session'> {
  readonly shown: Try
}

/** What a try will show, as a sample of a verdict, and what its tokens are. */
export function SampleView({ shown, config, session }: SampleViewProps) {
  const { headline, answers, formula } = sampleOf(shown, config, session.account.value !== undefined)
  return (
    <div class="sample stack gap-4 column middle">
      <section class="card frame verdict-box" aria-label="What you will see">
        <VerdictLine headline={headline} outcome={{ kind: 'neutral', words: 'Sample' }} />
        <FourAnswers answers={answers} />
        <div class="below stack rule">
          <FormulaView formula={formula} />
        </div>
      </section>
      <dl class="token-words facts note">
        {[...formula.terms, formula.result].map(({ token }) => (
          <div key={token}>
            <dt>
              <TokenMark token={token} />
            </dt>
            <dd>
              <b class="ink">{tokenWords[token][0]}</b> {tokenWords[token][1]}
            </dd>
          </div>
        ))}
      </dl>
    </div>
  )
}
