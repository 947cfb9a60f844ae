import { useSignal } from '@preact/signals'
import { IconButton } from '../controls/icon-button.tsx'
import { tableRoles } from '../controls/table-roles.ts'
import { TokenMark } from '../identity/token-mark.tsx'
import { flowWords } from '../words/flows.ts'
import { toReader } from '../words/reader.ts'
import { findStepUp } from './acrs.ts'
import { AcrsTable } from './acrs-table.tsx'
import { claimWords, groupClaims, groupOf, groupTitles, viewClaim } from './claims.ts'
import { type ComparedClaim, compareTokens, tally } from './comparison.ts'
import { describeToken, proposePair, type SeenToken, seenTokens } from './seen-tokens.ts'
import { type Sign, SignMark, signWords } from './sign.tsx'
import { ClaimValue, type TokenContext } from './token-card.tsx'
import { type TracedAnswer, tokenKey } from './traced-answer.ts'
import type { TurnFacts } from './turn-facts.ts'
import './compare-view.css'

interface CompareViewProps {
  /** The answers up to the one whose trace is shown: tokens of later answers have no part in it. */
  readonly answers: readonly TracedAnswer[]
  /** The facts of the shown answer. */
  readonly facts: TurnFacts
  readonly context: TokenContext
  readonly onSideBySide: (() => void) | undefined
}

/** Two tokens of this conversation side by side: what stayed, what changed, and what that means. */
export function CompareView({ answers, facts, context, onSideBySide }: CompareViewProps) {
  const tokens = seenTokens(answers, context.names)
  const chosen = useSignal<readonly [string | undefined, string | undefined]>([undefined, undefined])
  const [first, second] = proposePair(tokens, facts)
  const left = tokens.find(({ card }) => tokenKey(card) === chosen.value[0]) ?? first
  const right = tokens.find(({ card }) => tokenKey(card) === chosen.value[1]) ?? second
  const hasUserToken = tokens.some(({ card }) => card.role === 'Tc')
  if (!left || !right) return <NothingToCompare hasUserToken={hasUserToken} onSideBySide={onSideBySide} />
  const choose = (one: string, other: string) => {
    chosen.value = [one, other]
  }
  const stepUp = findStepUp(facts)
  const [leftKey, rightKey] = [tokenKey(left.card), tokenKey(right.card)]
  return (
    <section class="card compare-card" aria-label="Compare">
      <div class="pair">
        <TokenChoice label="Left" tokens={tokens} chosen={leftKey} onChoose={key => choose(key, rightKey)} />
        <IconButton icon="swap" label="Swap sides" onClick={() => choose(rightKey, leftKey)} />
        <TokenChoice label="Right" tokens={tokens} chosen={rightKey} onChoose={key => choose(leftKey, key)} />
      </div>
      {stepUp?.isDone && <AcrsTable stepUp={stepUp} />}
      <Comparison left={left} right={right} />
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
          <button type="button" class="button" onClick={onSideBySide}>
            Ask the same side by side
          </button>
        </p>
      )}
    </div>
  )
}

interface TokenChoiceProps {
  readonly label: string
  readonly tokens: readonly SeenToken[]
  readonly chosen: string
  readonly onChoose: (key: string) => void
}

function TokenChoice({ label, tokens, chosen, onChoose }: TokenChoiceProps) {
  return (
    <label>
      {label}
      <select class="field" value={chosen} onChange={({ currentTarget }) => onChoose(currentTarget.value)}>
        {tokens.map(token => (
          <option key={tokenKey(token.card)} value={tokenKey(token.card)}>
            {describeToken(token, tokens)}
          </option>
        ))}
      </select>
    </label>
  )
}

/** A token beside another, and the names and the flow of the answer that had it. */
export type ComparedToken = Pick<SeenToken, 'card' | 'names' | 'flow'>

interface PairProps {
  readonly left: ComparedToken
  readonly right: ComparedToken
}

/** The claims of two tokens, row by row. */
export function Comparison({ left, right }: PairProps) {
  const onlyDifferences = useSignal(true)
  const claims = compareTokens(left.card, right.card)
  const shown = onlyDifferences.value ? claims.filter(isWorthShowing) : claims
  const counts = tally(shown)
  return (
    <>
      <div class="tally line">
        {(Object.keys(counts) as Sign[]).map(sign => (
          <span key={sign}>
            <SignMark sign={sign} /> {counts[sign]} {signWords[sign]}
          </span>
        ))}
        <label class="row toggle">
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
      <table class="compare" {...tableRoles.table}>
        <thead>
          <tr {...tableRoles.row}>
            <th class="claim-name" scope="col" {...tableRoles.columnHeader}>
              Claim
            </th>
            <SideHead token={left} />
            <td class="between-signs" {...tableRoles.cell} />
            <SideHead token={right} />
          </tr>
        </thead>
        {groupClaims(shown).map(({ group, claims: members }) => (
          <tbody key={group} {...tableRoles.rowGroup}>
            <tr class="group-head" {...tableRoles.row}>
              <th colSpan={4} scope="colgroup" {...tableRoles.columnHeader}>
                {groupTitles[group]}
              </th>
            </tr>
            {members.map(claim => (
              <ComparedRow key={claim.name} claim={claim} left={left} right={right} />
            ))}
          </tbody>
        ))}
      </table>
    </>
  )
}

function isWorthShowing({ name, sign, lesson }: ComparedClaim): boolean {
  const isTold = !['when', 'opaque'].includes(groupOf(name))
  return isTold && (lesson !== undefined || sign !== 'same')
}

function SideHead({ token: { card, names, flow } }: { readonly token: ComparedToken }) {
  return (
    <th scope="col" {...tableRoles.columnHeader}>
      <TokenMark token={card.role} />{' '}
      {card.role === 'Tc'
        ? toReader('your token', names)
        : `${names.agent}’s token, ${toReader(flowWords[flow].asWhom, names)}`}
    </th>
  )
}

function ComparedRow({ claim, left, right }: PairProps & { readonly claim: ComparedClaim }) {
  const { name, sign } = claim
  const lesson = toReader(claim.lesson ?? claimWords(name)?.meaning, left.names)
  return (
    <>
      <tr class="claim-row" data-sign={sign} {...tableRoles.row}>
        <th class="claim-name" scope="row" {...tableRoles.rowHeader}>
          {claimWords(name)?.name} <code>{name}</code>
        </th>
        <ComparedValue value={claim.left} name={name} token={left} />
        <td class="between-signs" {...tableRoles.cell}>
          <SignMark sign={sign} />
          <span class="visually-hidden">{signWords[sign]}</span>
        </td>
        <ComparedValue value={claim.right} name={name} token={right} />
      </tr>
      {lesson && (
        <tr class="lesson" {...tableRoles.row}>
          <td {...tableRoles.cell} />
          <td colSpan={3} {...tableRoles.cell}>
            {lesson}
          </td>
        </tr>
      )}
    </>
  )
}

interface ComparedValueProps {
  readonly value: unknown
  readonly name: string
  readonly token: ComparedToken
}

function ComparedValue({ value, name, token: { card, names } }: ComparedValueProps) {
  return (
    <td {...tableRoles.cell}>
      {value === undefined ? (
        <span class="note">not in this token</span>
      ) : (
        <ClaimValue claim={viewClaim(name, value, names, card)} short />
      )}
    </td>
  )
}
