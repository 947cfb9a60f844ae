import type { Signal } from '@preact/signals'
import { Button } from '../controls/button.tsx'
import { IconButton } from '../controls/icon-button.tsx'
import { TokenMark } from '../identity/token-mark.tsx'
import { flowWords } from '../words/flows.ts'
import type { Names } from '../words/names.ts'
import { ComparisonTable } from './comparison-table.tsx'
import { describeToken, proposePair, type SeenToken, seenTokens } from './seen-tokens.ts'
import { type TracedAnswer, tokenKey } from './traced-answer.ts'
import type { TurnFacts } from './turn-facts.ts'

interface CompareViewProps {
  /** The answers up to the one whose trace is shown: tokens of later answers have no part in it. */
  readonly answers: readonly TracedAnswer[]
  /** The facts of the shown answer. */
  readonly facts: TurnFacts
  readonly names: Names
  readonly used: readonly string[]
  /** The keys of two tokens, once they were chosen. */
  readonly chosen: Signal<readonly string[]>
  readonly onSideBySide: (() => void) | undefined
}

/** Two tokens side by side, at first the two of the shown answer: what stayed, and what changed. */
export function CompareView({ answers, facts, names, used, chosen, onSideBySide }: CompareViewProps) {
  const tokens = seenTokens(answers, names)
  const [first, second] = proposePair(tokens, facts)
  const left = tokens.find(({ card }) => tokenKey(card) === chosen.value[0]) ?? first
  const right = tokens.find(({ card }) => tokenKey(card) === chosen.value[1]) ?? second
  const hasUserToken = tokens.some(({ card }) => card.role === 'Tc')
  if (!left || !right) return <NothingToCompare hasUserToken={hasUserToken} onSideBySide={onSideBySide} />
  const choose = (one: SeenToken, other: SeenToken) => {
    chosen.value = [tokenKey(one.card), tokenKey(other.card)]
  }
  const headOf = (token: SeenToken) => describeToken(token, tokens).replace(', this answer', '')
  return (
    <section class="card compare-card" aria-label="Compare">
      <div class="pair line">
        <TokenChoice label="Left" tokens={tokens} chosen={left} onChoose={token => choose(token, right)} />
        <IconButton icon="swap" label="Swap sides" onClick={() => choose(right, left)} />
        <TokenChoice label="Right" tokens={tokens} chosen={right} onChoose={token => choose(left, token)} />
      </div>
      <ComparisonTable
        left={{ ...left, used }}
        right={{ ...right, used }}
        heads={[headOf(left), headOf(right)]}
      />
    </section>
  )
}

interface NothingToCompareProps extends Pick<CompareViewProps, 'onSideBySide'> {
  /** Whether Tc was seen, so that only TR is missing. */
  readonly hasUserToken: boolean
}

function NothingToCompare({ hasUserToken, onSideBySide }: NothingToCompareProps) {
  const withUserToken = Object.values(flowWords).filter(({ terms }) => terms.includes('Tc'))
  const labels = withUserToken.map(({ label }) => `“${label}”`).join(' or ')
  return (
    <div class="stack">
      <p class="note">
        There are no two tokens yet.{' '}
        {hasUserToken
          ? 'Once the agent gets TR in exchange for your token (Tc), the two can be compared.'
          : `Ask ${labels}, and your token (Tc) can be compared with the one that the agent gets in exchange (TR).`}
      </p>
      {onSideBySide && (
        <p>
          <Button onClick={onSideBySide}>Ask the same side by side</Button>
        </p>
      )}
    </div>
  )
}

interface TokenChoiceProps {
  readonly label: string
  readonly tokens: readonly SeenToken[]
  readonly chosen: SeenToken
  readonly onChoose: (token: SeenToken) => void
}

function TokenChoice({ label, tokens, chosen, onChoose }: TokenChoiceProps) {
  return (
    <label class="token-choice row">
      <TokenMark token={chosen.card.role} />
      <select
        class="field"
        aria-label={label}
        value={tokens.indexOf(chosen)}
        onChange={({ currentTarget }) => onChoose(tokens[Number(currentTarget.value)] ?? chosen)}
      >
        {tokens.map((token, index) => (
          <option key={tokenKey(token.card)} value={index}>
            {describeToken(token, tokens)}
          </option>
        ))}
      </select>
    </label>
  )
}
