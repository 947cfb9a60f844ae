import { readNumericDate, type TokenCard } from '@entra-bedrock-agent/identity-trace'
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { CopyButton } from '../controls/copy-button.tsx'
import { Icon } from '../controls/icon.tsx'
import { type Names, shortenIds, tokenRoleNames } from '../words/names.ts'
import { count, formatDistance, formatMoment } from '../words/times.ts'
import { type Claims, type ClaimView, groupClaims } from './claims.ts'
import { tellToken } from './story.ts'
import { TokenBadge } from './token-badge.tsx'

const claimReferences = [
  [
    'Access token claims',
    'https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference',
  ],
  ['Agent token claims', 'https://learn.microsoft.com/entra/agent-id/agent-token-claims'],
] as const

/** How a token is shown: with whose names, whether the user is named, and by which clock it expires. */
export interface TokenContext {
  readonly names: Names
  readonly revealed: boolean
  readonly clockAheadMs: number
}

interface TokenCardProps {
  readonly card: TokenCard
  readonly context: TokenContext
}

/** A token as it may be shown: who it speaks for, what it says, who has verified it. Never the token itself. */
export function TokenCardView({ card, context }: TokenCardProps) {
  const { claims, header } = card
  return (
    <section
      class="token"
      data-role={card.role}
      data-observed={card.observed}
      aria-label={`Token ${card.role}`}
    >
      <p class="token-head">
        <TokenBadge token={card.role} />
        <span>{tokenRoleNames[card.role]}</span>
        {card.fingerprint && (
          <code class="fingerprint" title="The first 12 hex digits of the token’s SHA-256">
            {card.fingerprint}
          </code>
        )}
      </p>
      <p>{tellToken(card, context.names, context.revealed)}</p>
      {card.observed ? (
        <Validity claims={claims} clockAheadMs={context.clockAheadMs} />
      ) : (
        <p class="note">Not observable: the agent never sees this token.</p>
      )}
      <Verifications card={card} names={context.names} />
      {claims && <ClaimGroups claims={claims} observed={card.observed} context={context} />}
      {header && (
        <details>
          <summary>Header</summary>
          <pre>{JSON.stringify(header, undefined, 2)}</pre>
        </details>
      )}
    </section>
  )
}

const tickMs = 1_000

interface ValidityProps {
  readonly claims: Claims | undefined
  readonly clockAheadMs: number
}

/** How much of a token's life is over, and how much is left, by the agent's clock: the browser's may be wrong. */
function Validity({ claims = {}, clockAheadMs }: ValidityProps) {
  const browserNow = useSignal(Date.now())
  useEffect(() => {
    const timer = setInterval(() => {
      browserNow.value = Date.now()
    }, tickMs)
    return () => clearInterval(timer)
  }, [browserNow])
  const now = new Date(browserNow.value + clockAheadMs)
  const end = readNumericDate(claims['exp'])
  const begin = readNumericDate(claims['nbf'] ?? claims['iat'])
  if (end === undefined) return null
  const expiry = new Date(end * 1000)
  const share = begin === undefined ? undefined : (now.getTime() / 1000 - begin) / (end - begin)
  return (
    <div class="validity" data-expired={expiry <= now}>
      {share !== undefined && (
        <svg class="validity-bar" aria-hidden="true">
          <rect class="validity-life" width="100%" height="100%" rx="3" />
          <rect width={`${Math.min(100, Math.max(0, share * 100))}%`} height="100%" rx="3" />
        </svg>
      )}
      <p class="note">
        {expiry > now ? 'Expires' : 'Expired'} {formatDistance(expiry, now)},{' '}
        <time dateTime={expiry.toISOString()}>{formatMoment(expiry)}</time>
      </p>
    </div>
  )
}

function Verifications({ card, names }: { readonly card: TokenCard; readonly names: Names }) {
  return card.verifiedBy?.map(({ actor, checks }) => (
    <p key={`${actor} ${checks[0]?.name}`} class="verified">
      <span class="note">
        {checks.every(({ ok }) => ok) ? 'Verified' : 'Checked'} by the {names.actor(actor)}:{' '}
      </span>
      {checks.map(({ name, ok }) => (
        <span key={name} class="check" data-ok={ok}>
          <Icon name={ok ? 'check' : 'cross'} />
          {name}
          <span class="visually-hidden">{ok ? ' passed ' : ' failed '}</span>
        </span>
      ))}
    </p>
  ))
}

interface ClaimGroupsProps {
  readonly claims: Claims
  readonly observed: boolean
  readonly context: TokenContext
}

function ClaimGroups({ claims, observed, context }: ClaimGroupsProps) {
  const groups = groupClaims(claims, context.names)
  return (
    <details>
      <summary>
        {count(Object.keys(claims).length, 'claim')}
        {!observed && ', as the protocol describes them'}
      </summary>
      {groups.map(({ group, title, claims: members }) => (
        <div key={group} class="claim-group" data-group={group}>
          <h3>{title}</h3>
          <dl>
            {members.map(claim => (
              <div key={claim.name} class="claim">
                <dt>
                  <code>{claim.name}</code>
                </dt>
                <dd>
                  <ClaimValue claim={claim} />
                  {claim.meaning && <span class="meaning">{claim.meaning}</span>}
                </dd>
                <dd class="claim-action">
                  <CopyButton label={`Copy ${claim.name}`} text={() => claim.text} />
                </dd>
              </div>
            ))}
          </dl>
        </div>
      ))}
      <p class="note references">
        To an application that is handed it, an access token is opaque; these are shown for learning.{' '}
        {claimReferences.map(([title, href]) => (
          <a key={href} href={href} target="_blank" rel="noopener noreferrer">
            {title}
          </a>
        ))}
      </p>
    </details>
  )
}

interface ClaimValueProps {
  readonly claim: ClaimView
  /** Shows the first part only of an id whose name stands beside it. */
  readonly short?: boolean
}

export function ClaimValue({ claim, short = false }: ClaimValueProps) {
  const { time, standsFor } = claim
  const text = short && standsFor ? shortenIds(claim.text) : claim.text
  return (
    <span class="claim-value">
      {standsFor && <span class="stands-for">{standsFor}</span>}
      {time && <time dateTime={time.toISOString()}>{formatMoment(time)}</time>}
      <code>{text}</code>
    </span>
  )
}
