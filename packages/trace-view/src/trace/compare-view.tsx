import type { Flow, TokenCard } from '@entra-agents/trace'
import { useSignal } from '@preact/signals'
import { IconButton } from '../controls/icon-button.tsx'
import { tableRoles } from '../controls/table-roles.ts'
import { TokenMark } from '../identity/token-mark.tsx'
import { flowWords } from '../words/flows.ts'
import type { Names } from '../words/names.ts'
import { toReader } from '../words/reader.ts'
import { contextsOf, findStepUp, tellContexts } from './acrs.ts'
import { AcrsTable } from './acrs-table.tsx'
import { claimWords, groupOf, groupTitles, viewClaim } from './claims.ts'
import { type ComparedClaim, compareTokens, groupComparedClaims, tally } from './comparison.ts'
import { type Sign, SignMark, signWords } from './sign.tsx'
import { nameOrId } from './story.ts'
import { ClaimValue, type TokenContext } from './token-card.tsx'
import { type TracedAnswer, tokenKey, tokensOf } from './traced-answer.ts'
import type { TurnFacts } from './turn-facts.ts'
import './compare-view.css'

/** A token that was seen, and the first answer that had it. */
interface SeenToken {
  readonly card: TokenCard
  readonly names: Names
  readonly turn: number
  readonly flow: Flow
  readonly isOfSelected: boolean
}

interface CompareViewProps {
  readonly answers: readonly TracedAnswer[]
  /** The answer whose trace is shown. */
  readonly selected: TracedAnswer
  readonly facts: TurnFacts
  readonly context: TokenContext
  readonly onSideBySide: (() => void) | undefined
}

/** Two tokens of this conversation side by side: what stayed, what changed, and what that means. */
export function CompareView({ answers, selected, facts, context, onSideBySide }: CompareViewProps) {
  const tokens = seenTokens(answers, selected, context.names)
  const chosen = useSignal<readonly [string | undefined, string | undefined]>([undefined, undefined])
  const [first, second] = proposePair(tokens)
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

/** All observed tokens of the answers: only observed tokens have claims to compare. */
function seenTokens(answers: readonly TracedAnswer[], selected: TracedAnswer, names: Names): SeenToken[] {
  const own = new Set(tokensOf(selected.steps).map(tokenKey))
  const seen = new Map<string, SeenToken>()
  for (const [index, { steps, turn, question }] of answers.entries()) {
    const ofAgent = names.ofAgent(turn?.agent ?? question.agent)
    for (const card of tokensOf(steps)) {
      if (!card.claims || !card.observed) continue
      const key = tokenKey(card)
      seen.set(key, {
        turn: index + 1,
        flow: turn?.flow ?? question.flow,
        ...seen.get(key),
        card,
        isOfSelected: own.has(key),
        names: ofAgent,
      })
    }
  }
  return [...seen.values()]
}

/**
 * The two tokens compared at first. After a step-up: the user's token before and after it. Otherwise TR of the shown answer
 * and the latest other TR. If there is only one TR: Tc and TR.
 */
function proposePair(tokens: readonly SeenToken[]): (SeenToken | undefined)[] {
  const isOfAgent = ({ card }: SeenToken) => card.role === 'TR'
  const own = tokens.filter(({ isOfSelected }) => isOfSelected)
  const [before, ...renewed] = own.filter(({ card }) => card.role === 'Tc')
  const after = renewed.findLast(({ card }) => contextsOf(card).length > 0)
  if (before && after && contextsOf(before.card).length === 0) return [before, after]
  const right = own.findLast(isOfAgent) ?? tokens.findLast(isOfAgent)
  const others = tokens.filter(token => token !== right)
  const left = others.findLast(isOfAgent) ?? own.find(({ card }) => card.role === 'Tc') ?? others.at(-1)
  return [left, right]
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

/** A token's name, ending with the flow or what tells similar tokens apart. Short, since a narrow field cuts off the end. */
function describeToken(token: SeenToken, tokens: readonly SeenToken[]): string {
  const { card, turn, flow, isOfSelected } = token
  const ofTwoAgents = tokens.some(({ names }) => names.agent !== token.names.agent)
  const answer = ofTwoAgents ? token.names.agent : isOfSelected ? 'this answer' : `answer ${turn}`
  const alike = tokens.filter(other => other.card.role === card.role && other.turn === turn)
  return [
    card.role,
    answer,
    alike.length > 1 ? tellApart(token, alike) : toReader(flowWords[flow].label, token.names),
  ].join(' · ')
}

/** What tells a token from those like it: its API or, if all are for one API, the authentication context that it proves. */
function tellApart(token: SeenToken, alike: readonly SeenToken[]): string {
  const audience = audienceOf(token)
  if (alike.some(other => audienceOf(other) !== audience)) return `for ${audience}`
  const [contexts] = tellContexts(token.card)
  return contexts ? `with ${contexts}` : 'without acrs'
}

function audienceOf({ card, names }: SeenToken): string {
  return nameOrId(card.claims?.['aud'], names) ?? 'unknown audience'
}

interface PairProps {
  readonly left: SeenToken
  readonly right: SeenToken
}

function Comparison({ left, right }: PairProps) {
  const onlyDifferences = useSignal(true)
  const claims = compareTokens(left.card, right.card)
  const shown = onlyDifferences.value ? claims.filter(isWorthShowing) : claims
  const counts = tally(shown)
  const groups = groupComparedClaims(shown, onlyDifferences.value)
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
        {groups.map(({ group, claims: members }) => (
          <tbody key={members[0]?.name} {...tableRoles.rowGroup}>
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

function SideHead({ token: { card, names, flow } }: { readonly token: SeenToken }) {
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
  readonly token: SeenToken
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
