import { type BlueprintCredential, readNumericDate, type TokenCard } from '@entra-agents/trace'
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { useNow } from '../browser/now.ts'
import { toggle } from '../browser/set.ts'
import { Button } from '../controls/button.tsx'
import { IconButton } from '../controls/icon-button.tsx'
import { TokenMark } from '../identity/token-mark.tsx'
import { usedRights } from '../identity/verdict.ts'
import { CheckTicks } from '../identity/verdict-view.tsx'
import { formatMoment, formatTime } from '../words/times.ts'
import { spellOutDirections } from '../words/visible-text.ts'
import { type ClaimView, claimWords, groupClaims, groupTitles, viewClaims } from './claims.ts'
import { tellRights } from './comparison.ts'
import { tellToken } from './story.ts'
import { useTrace } from './trace-context.ts'
import '../styles/formula.css'

const claimReferences = [
  [
    'Access token claims',
    'https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference',
  ],
  ['Agent token claims', 'https://learn.microsoft.com/entra/agent-id/agent-token-claims'],
] as const

const credentialWords: Readonly<Record<BlueprintCredential, string>> = {
  secret: ' (configured: a client secret)',
  certificate: ' (configured: a certificate)',
  federated: ' (configured: a federated credential)',
  unknown: '',
}

interface TokenCardProps {
  readonly card: TokenCard
  readonly onClose: () => void
}

/** A token as it may be shown: whom it represents, its claims, who has checked it. Never the token itself. */
export function TokenCardView({ card, onClose }: TokenCardProps) {
  const { names, credential = 'unknown' } = useTrace()
  const box = useRef<HTMLElement>(null)
  useEffect(() => {
    box.current?.scrollIntoView({ block: 'nearest' })
  }, [card.role, card.fingerprint])
  return (
    <section class="token-card stack pad t2 paper" data-token={card.role} aria-label={card.role} ref={box}>
      <header class="ends">
        <TokenMark token={card.role} />
        <h4>{spellOutDirections(tellToken(card, names))}</h4>
        <IconButton icon="close" label={`Close ${card.role}`} onClick={onClose} />
      </header>
      {card.observed ? (
        <TokenLifetime card={card} />
      ) : (
        <p>
          {card.role === 'T1' &&
            `It takes two steps, since only the blueprint has a credential${credentialWords[credential]}, and the agent’s token is to name the agent. `}
          The sidecar gets this token from Entra ID, or has it in its cache, and shows it for the agent’s.
          What stands here comes from the protocol, not from this answer.
        </p>
      )}
      {card.claims && <ClaimList card={card} />}
      <TokenChecks card={card} />
      <p class="fine">
        {card.observed
          ? 'Decoded to explain it. Reading a token is not checking it. Its signature never reaches this page. '
          : 'Not seen: lifetime, signature, every other claim. '}
        {claimReferences.map(([title, href], index) => (
          <>
            {index > 0 && ' · '}
            <a key={href} href={href} target="_blank" rel="noopener noreferrer">
              {title}
            </a>
          </>
        ))}
      </p>
    </section>
  )
}

const tickMs = 1_000

/** The remaining lifetime of a token, by the agent's clock: the browser's may be wrong. */
function TokenLifetime({ card: { claims = {} } }: Pick<TokenCardProps, 'card'>) {
  const { clockAheadMs } = useTrace()
  const now = (useNow(tickMs).value + clockAheadMs) / 1000
  const end = readNumericDate(claims['exp'])
  const begin = readNumericDate(claims['nbf'] ?? claims['iat'])
  if (end === undefined || begin === undefined || end <= begin) return null
  const left = Math.max(0, end - now)
  const share = Math.min(1, left / (end - begin))
  const until = formatTime(new Date(end * 1000))
  const whole = Math.round((end - begin) / 60)
  const words = left > 0 ? `${tellLifetime(left)} left of ${whole} · until ${until}` : `Expired at ${until}`
  return (
    <div class="life stack">
      <svg class="wide" height="4" aria-hidden="true">
        <rect width="100%" height="100%" fill="var(--line)" />
        <rect width={`${share * 100}%`} height="100%" fill="var(--accent)" />
      </svg>
      <p class="fine" data-bad={left === 0}>
        {words}, by the server’s clock
      </p>
    </div>
  )
}

function tellLifetime(seconds: number): string {
  return seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`
}

function TokenChecks({ card }: Pick<TokenCardProps, 'card'>) {
  const { names } = useTrace()
  return card.verifiedBy?.map(({ actor, checks }) => (
    <p key={`${actor} ${checks[0]?.name}`}>
      <CheckTicks checks={checks} /> {checks.map(({ name }) => name).join(', ')}:{' '}
      <span class="fine">
        checked by {actor === 'agent' ? 'the agent' : `${names.actor(actor)}, in its own words`}
      </span>
    </p>
  ))
}

function ClaimList({ card }: Pick<TokenCardProps, 'card'>) {
  const { names } = useTrace()
  const showAll = useSignal(false)
  const all = viewClaims(card, names)
  const few = all.filter(({ name }) => claimWords(name)?.isMain)
  const rest = all.filter(claim => !few.includes(claim))
  const titles = groupClaims(rest).map(({ group }) => groupTitles[group].toLowerCase())
  return (
    <>
      <dl class="claims">
        {groupClaims(showAll.value ? all : few).map(({ group, claims: members }) =>
          members.map((claim, index) => (
            <div key={claim.name} class="claim" data-group={group}>
              <dt>
                <span class="fine">{index === 0 && groupTitles[group]}</span>
                <code>{spellOutDirections(claim.name)}</code>
              </dt>
              <dd>
                <ClaimValue {...claim} />
                {showAll.value && claim.meaning && <p class="fine">{claim.meaning}</p>}
              </dd>
            </div>
          )),
        )}
      </dl>
      {rest.length > 0 && (
        <p>
          <Button class="link" aria-expanded={showAll.value} onClick={() => toggle(showAll)}>
            {showAll.value
              ? 'Fewer claims'
              : `${rest.length} more, and what each claim means: ${titles.join(', ')}`}
          </Button>
        </p>
      )}
    </>
  )
}

/** What a claim stands for, and its value as it is in the token; rights by their names, the used ones bold. */
function ClaimValue({ name, time, standsFor, text }: ClaimView) {
  const { verdict } = useTrace()
  if (name === 'scp' || name === 'roles') {
    const rights = tellRights(text, usedRights(verdict))
    return (
      <span dir="auto">
        <b>{rights.name}</b>
        {rights.words}
      </span>
    )
  }
  return (
    <span class="claim-value line">
      {standsFor && <span>{standsFor}</span>}
      {time && <time dateTime={time.toISOString()}>{formatMoment(time)}</time>}
      <code dir="auto" class={standsFor !== undefined || time !== undefined ? 'soft t1' : undefined}>
        {text}
      </code>
    </span>
  )
}
