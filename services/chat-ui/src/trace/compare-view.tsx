import { type Flow, flows, type TokenCard } from '@entra-bedrock-agent/identity-trace'
import { useSignal } from '@preact/signals'
import type { Names } from '../words/names.ts'
import { count } from '../words/times.ts'
import { groupOf, viewClaim } from './claims.ts'
import { type ComparedClaim, compareTokens, type Verdict } from './comparison.ts'
import { TokenBadge } from './token-badge.tsx'
import { ClaimValue, type TokenContext } from './token-card.tsx'
import { apisCalledWith, type TracedAnswer, tokenKey, tokensOf } from './traced-answer.ts'

/** A token that was seen, and in which answer it was first. */
interface SeenToken {
  readonly card: TokenCard
  /** The names for the APIs that it was called with. */
  readonly names: Names
  readonly turn: number
  readonly flow: Flow
}

interface CompareViewProps {
  readonly answers: readonly TracedAnswer[]
  /** The answer whose trace is shown. */
  readonly selected: TracedAnswer
  readonly context: TokenContext
}

/** Two tokens of this conversation side by side: what stayed, what changed, and what that means. */
export function CompareView({ answers, selected, context }: CompareViewProps) {
  const tokens = seenTokens(answers, context.names)
  const chosen = useSignal<readonly [string | undefined, string | undefined]>([undefined, undefined])
  const [first, second] = proposePair(tokens, selected)
  const left = tokens.find(({ card }) => tokenKey(card) === chosen.value[0]) ?? first
  const right = tokens.find(({ card }) => tokenKey(card) === chosen.value[1]) ?? second
  if (!left || !right) return <NothingToCompare />
  const choose = (side: 0 | 1, key: string) => {
    chosen.value = side === 0 ? [key, tokenKey(right.card)] : [tokenKey(left.card), key]
  }
  return (
    <div class="compare">
      <div class="compare-choice">
        <TokenChoice label="Left" tokens={tokens} chosen={left} onChoose={key => choose(0, key)} />
        <TokenChoice label="Right" tokens={tokens} chosen={right} onChoose={key => choose(1, key)} />
      </div>
      <Comparison left={left} right={right} />
    </div>
  )
}

function seenTokens(answers: readonly TracedAnswer[], names: Names): SeenToken[] {
  const allSteps = answers.flatMap(({ steps }) => steps)
  const seen = new Map<string, SeenToken>()
  for (const [index, { steps, turn, question }] of answers.entries()) {
    for (const card of tokensOf(steps)) {
      if (!card.claims) continue
      const first = seen.get(tokenKey(card))
      seen.set(tokenKey(card), {
        turn: index + 1,
        flow: turn?.flow ?? question.flow,
        ...first,
        card,
        names: names.forTokenOf(apisCalledWith(card, allSteps)),
      })
    }
  }
  return [...seen.values()]
}

/** Tc and TR of the shown answer; else its TR and the latest one that is for another flow or API. Never one that nobody saw. */
function proposePair(seen: readonly SeenToken[], selected: TracedAnswer): (SeenToken | undefined)[] {
  const tokens = seen.filter(({ card }) => card.observed)
  const keys = new Set(tokensOf(selected.steps).map(tokenKey))
  const own = tokens.filter(({ card }) => keys.has(tokenKey(card)))
  const right =
    own.findLast(({ card }) => card.role === 'TR') ?? tokens.findLast(({ card }) => card.role === 'TR')
  const others = tokens.filter(token => token !== right)
  const left =
    own.find(({ card }) => card.role === 'Tc') ??
    others.findLast(({ card }) => card.role === 'TR') ??
    others.at(-1)
  return [left, right]
}

function NothingToCompare() {
  return (
    <p class="note">
      There are no two tokens yet. Ask in the flow OBO, and your token (Tc) can be compared with the one that
      the agent gets in exchange (TR); or ask in both flows, and compare the two tokens of the agent.
    </p>
  )
}

interface TokenChoiceProps {
  readonly label: string
  readonly tokens: readonly SeenToken[]
  readonly chosen: SeenToken
  readonly onChoose: (key: string) => void
}

function TokenChoice({ label, tokens, chosen, onChoose }: TokenChoiceProps) {
  return (
    <label class="token-choice">
      <TokenBadge token={chosen.card.role} />
      <span class="visually-hidden">{label} token</span>
      <select value={tokenKey(chosen.card)} onChange={({ currentTarget }) => onChoose(currentTarget.value)}>
        {tokens.map(token => (
          <option key={tokenKey(token.card)} value={tokenKey(token.card)}>
            {describeToken(token)}
          </option>
        ))}
      </select>
    </label>
  )
}

function describeToken({ card, names, turn, flow }: SeenToken): string {
  const audience = card.claims?.['aud']
  const target = typeof audience === 'string' ? (names.id(audience) ?? audience) : 'unknown audience'
  const seenIn = card.observed ? `${flows[flow].label} · answer ${turn}` : 'not observed'
  return `${card.role} for ${target} · ${seenIn}`
}

const verdictWords: Readonly<Record<Verdict, string>> = {
  same: 'same',
  changed: 'changed',
  added: 'right only',
  removed: 'left only',
  'not-observed': 'not compared',
}

function tellDifferences(claims: readonly ComparedClaim[], sides: readonly SeenToken[]): string {
  const unseen = sides.find(({ card }) => !card.observed)
  if (unseen) {
    return `${unseen.card.role} was not observed, so nothing is counted as a difference. What is said of it comes from the protocol.`
  }
  const differences = claims.filter(({ verdict }) => verdict !== 'same')
  return `${count(differences.length, 'difference')} in ${count(claims.length, 'claim')}`
}

interface PairProps {
  readonly left: SeenToken
  readonly right: SeenToken
}

function Comparison({ left, right }: PairProps) {
  const onlyDifferences = useSignal(true)
  const claims = compareTokens(left.card, right.card)
  const isWorthShowing = ({ name, verdict, lesson }: ComparedClaim) =>
    lesson !== undefined || (verdict !== 'same' && !['when', 'opaque'].includes(groupOf(name)))
  const shown = onlyDifferences.value ? claims.filter(isWorthShowing) : claims
  return (
    <>
      <div class="compare-summary">
        <p class="note">{tellDifferences(claims, [left, right])}</p>
        <label class="checkbox">
          <input
            type="checkbox"
            checked={onlyDifferences.value}
            onChange={({ currentTarget }) => {
              onlyDifferences.value = currentTarget.checked
            }}
          />
          What matters only
        </label>
      </div>
      <table class="comparison">
        <thead>
          <tr>
            <th scope="col">Claim</th>
            <th scope="col">
              <TokenBadge token={left.card.role} />
            </th>
            <th scope="col">
              <TokenBadge token={right.card.role} />
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map(claim => (
            <ComparedRow key={claim.name} claim={claim} left={left} right={right} />
          ))}
        </tbody>
      </table>
    </>
  )
}

function ComparedRow({ claim, left, right }: PairProps & { readonly claim: ComparedClaim }) {
  const { name, verdict, lesson } = claim
  const sides = [
    { side: 'left', value: claim.left, ...left },
    { side: 'right', value: claim.right, ...right },
  ]
  return (
    <>
      <tr data-verdict={verdict}>
        <th scope="row" rowSpan={lesson ? 2 : 1}>
          <code>{name}</code>
          <span class="verdict">{verdictWords[verdict]}</span>
        </th>
        {sides.map(({ side, value, card, names }) => (
          <td key={side}>
            {value === undefined ? (
              <span class="note">{card.observed ? 'not there' : 'not observed'}</span>
            ) : (
              <ClaimValue claim={viewClaim(name, value, names)} short />
            )}
          </td>
        ))}
      </tr>
      {lesson && (
        <tr class="lesson">
          <td colSpan={2}>
            <p>{lesson}</p>
          </td>
        </tr>
      )}
    </>
  )
}
