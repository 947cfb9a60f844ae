import type { TokenCard } from '@entra-agents/trace'
import { set } from '../browser/set.ts'
import { Button } from '../controls/button.tsx'
import { IconButton } from '../controls/icon-button.tsx'
import { Select } from '../controls/select.tsx'
import { TokenMark } from '../identity/token-mark.tsx'
import { usedRights } from '../identity/verdict.ts'
import { flowWords } from '../words/flows.ts'
import { ComparisonTable } from './comparison-table.tsx'
import { describeToken, proposePair, type SeenToken, seenTokens } from './seen-tokens.ts'
import { useTrace } from './trace-context.ts'
import { type TracedAnswer, tokenKey } from './traced-answer.ts'

interface CompareViewProps {
  /** The answers up to the one whose trace is shown: tokens of later answers have no part in it. */
  readonly answers: readonly TracedAnswer[]
  readonly onSideBySide: (() => void) | undefined
}

/** Two tokens side by side, at first the two of the shown answer: what stayed, and what changed. */
export function CompareView({ answers, onSideBySide }: CompareViewProps) {
  const { facts, names, verdict, view } = useTrace()
  const chosen = view.compared
  const used = usedRights(verdict)
  const tokens = seenTokens(answers, names)
  const [first, second] = proposePair(tokens, facts)
  const left = tokens.find(({ card }) => tokenKey(card) === chosen.value[0]) ?? first
  const right = tokens.find(({ card }) => tokenKey(card) === chosen.value[1]) ?? second
  if (!left || !right) return <NothingToCompare tokens={tokens} onSideBySide={onSideBySide} />
  const keys = [tokenKey(left.card), tokenKey(right.card)]
  const choose = (side: number) => (key: string) => set(chosen, keys.with(side, key))
  const headOf = (token: SeenToken) => describeToken(token, tokens).replace(', this answer', '')
  return (
    <section class="card frame" aria-label="Compare">
      <div class="line pad under">
        <TokenChoice label="Left" tokens={tokens} chosen={left.card} onChoose={choose(0)} />
        <IconButton icon="swap" label="Swap sides" onClick={() => set(chosen, keys.toReversed())} />
        <TokenChoice label="Right" tokens={tokens} chosen={right.card} onChoose={choose(1)} />
      </div>
      <ComparisonTable
        left={{ ...left, used }}
        right={{ ...right, used }}
        heads={[headOf(left), headOf(right)]}
      />
    </section>
  )
}

type NothingToCompareProps = Pick<CompareViewProps, 'onSideBySide'> & Pick<TokenChoiceProps, 'tokens'>

function NothingToCompare({ tokens, onSideBySide }: NothingToCompareProps) {
  const hasUserToken = tokens.some(({ card }) => card.role === 'Tc')
  return (
    <div class="stack">
      <p class="note">
        There are no two tokens yet.{' '}
        {hasUserToken
          ? 'Once the agent has TR for your token (Tc), the two can be compared.'
          : `An agent that acts ${flowWords.obo.asWhom} gets a token (TR) in exchange for yours (Tc): these two can be compared.`}
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
  readonly chosen: TokenCard
  readonly onChoose: (key: string) => void
}

function TokenChoice({ label, tokens, chosen, onChoose }: TokenChoiceProps) {
  const options = tokens.map(token => ({ value: tokenKey(token.card), label: describeToken(token, tokens) }))
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: Select is the control
    <label class="token-choice row gap-2">
      <TokenMark token={chosen.role} />
      <Select label={label} chosen={tokenKey(chosen)} options={options} onChoose={onChoose} />
    </label>
  )
}
