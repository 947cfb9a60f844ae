import { readNumericDate, type TokenCard } from '@entra-bedrock-agent/identity-trace'
import { type ClaimView, groupClaims } from './claims.ts'
import { tokenRoleNames } from './names.ts'
import { formatDistance, formatMoment } from './times.ts'
import { tellToken } from './token-story.ts'
import type { TraceContext } from './trace-context.ts'

interface TokenCardProps {
  readonly card: TokenCard
  readonly context: TraceContext
}

/** A token as it may be shown: who it speaks for, what it says, who has verified it. Never the token itself. */
export function TokenCardView({ card, context }: TokenCardProps) {
  return (
    <section class="token" data-role={card.role} data-observed={card.observed}>
      <TokenHead card={card} name={tokenRoleNames[card.role]} />
      <p>{tellToken(card, context.names, context.showPersonal)}</p>
      <Validity claims={card.claims} now={context.now} />
      {!card.observed && <p class="note">Not observable: the agent never sees this token.</p>}
      <Verifications card={card} context={context} />
      {card.claims && <Claims claims={card.claims} observed={card.observed} context={context} />}
      {card.header && (
        <details>
          <summary>Header</summary>
          <pre>{JSON.stringify(card.header, undefined, 2)}</pre>
        </details>
      )}
    </section>
  )
}

/** A token that was shown above: which one it is, and who has verified it meanwhile. */
export function TokenReference({ card, context }: TokenCardProps) {
  return (
    <section class="token" data-role={card.role}>
      <TokenHead card={card} name="the same token as above" />
      <Verifications card={card} context={context} />
    </section>
  )
}

function TokenHead({ card, name }: { readonly card: TokenCard; readonly name: string }) {
  return (
    <p class="token-head">
      <span class="badge" data-role={card.role}>
        {card.role}
      </span>
      <span>{name}</span>
      {card.fingerprint && (
        <code class="fingerprint" title="The first 12 hex digits of the token’s SHA-256">
          {card.fingerprint}
        </code>
      )}
    </p>
  )
}

function Validity({ claims, now }: { readonly claims: TokenCard['claims']; readonly now: Date }) {
  const seconds = readNumericDate(claims?.['exp'])
  if (seconds === undefined) return null
  const end = new Date(seconds * 1000)
  return (
    <p class="note">
      {end > now ? 'Valid until' : 'Expired at'} <time dateTime={end.toISOString()}>{formatMoment(end)}</time>
      , {formatDistance(end, now)}.
    </p>
  )
}

function Verifications({ card, context }: TokenCardProps) {
  return card.verifiedBy?.map(({ actor, checks }) => (
    <p key={actor} class="verified">
      {checks.every(({ ok }) => ok) ? 'Verified' : 'Checked'} by the {context.names.actor(actor)}:{' '}
      {checks.map(({ name, ok }) => (
        <span key={name} class="check" data-ok={ok}>
          {name} <span aria-hidden="true">{ok ? '✓' : '✗'}</span>
          <span class="visually-hidden">{ok ? 'passed' : 'failed'}</span>
        </span>
      ))}
    </p>
  ))
}

interface ClaimsProps {
  readonly claims: Record<string, unknown>
  readonly observed: boolean
  readonly context: TraceContext
}

function Claims({ claims, observed, context }: ClaimsProps) {
  const groups = groupClaims(claims, context.names)
  return (
    <details>
      <summary>
        {Object.keys(claims).length} claims{!observed && ', as the protocol describes them'}
      </summary>
      {groups.map(({ group, title, claims: members }) => (
        <div key={group} class="claim-group">
          <h3>{title}</h3>
          <dl>
            {members.map(claim => (
              <div key={claim.name} class="claim">
                <dt>
                  <code>{claim.name}</code>
                </dt>
                <dd>
                  <ClaimValue claim={claim} context={context} />
                  {claim.meaning && <span class="meaning">{claim.meaning}</span>}
                </dd>
              </div>
            ))}
          </dl>
        </div>
      ))}
    </details>
  )
}

function ClaimValue({ claim, context }: { readonly claim: ClaimView; readonly context: TraceContext }) {
  if (claim.personal && !context.showPersonal) return <span class="masked">hidden: personal</span>
  if (claim.time) {
    return (
      <span>
        <time dateTime={claim.time.toISOString()}>{formatMoment(claim.time)}</time>,{' '}
        {formatDistance(claim.time, context.now)} <code class="raw">{claim.text}</code>
      </span>
    )
  }
  return (
    <span>
      <code>{claim.text}</code>
      {claim.standsFor && <span class="stands-for"> = {claim.standsFor}</span>}
    </span>
  )
}
