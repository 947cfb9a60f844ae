import type { BlueprintCredential, LogIds } from '@entra-agents/trace'
import { CopyButton } from '../controls/copy-button.tsx'
import { Popover } from '../controls/popover.tsx'
import { FormulaView } from '../identity/formula-view.tsx'
import { PhraseView } from '../identity/phrase-view.tsx'
import { FourAnswers, VerdictLine } from '../identity/verdict-view.tsx'
import { shortenIds } from '../words/names.ts'
import { findStepUp } from './acrs.ts'
import { AcrsTable } from './acrs-table.tsx'
import { judgeTurn } from './judge.ts'
import { EntraLink, type LogLinks, TraceLink } from './log-links.tsx'
import { LogQueries } from './step-details.tsx'
import { tellStory } from './story.ts'
import { TokenCardView, type TokenContext } from './token-card.tsx'
import type { TraceView } from './trace-view.ts'
import { tokenKey } from './traced-answer.ts'
import { lastTokenRequest, type TurnFacts } from './turn-facts.ts'
import { writeFormulas } from './write-formula.ts'
import './verdict-card.css'

interface VerdictCardProps {
  readonly facts: TurnFacts
  readonly links: LogLinks
  readonly view: TraceView
  readonly context: TokenContext
  readonly credential: BlueprintCredential | undefined
}

/** Who called, for whom, by which right, allowed by whom; then how that came about, as fully as the view has room for. */
export function VerdictCard({ facts, links, view, context, credential }: VerdictCardProps) {
  const verdict = judgeTurn(facts, context.names)
  const stepUp = findStepUp(facts)
  const shown = view.view.value
  return (
    <section class="card verdict-box" aria-label="Verdict">
      <div class="verdict stack">
        <VerdictLine {...verdict} />
        <FourAnswers answers={verdict.answers} />
        {shown === 'steps' && (
          <>
            <Formulas facts={facts} links={links} view={view} context={context} credential={credential} />
            {stepUp && (
              <div>
                <AcrsTable stepUp={stepUp} />
                <p class="note">
                  <code>acrs</code> lists the authentication contexts whose policies a sign-in has met. An
                  administrator decides what each of them asks for.
                </p>
              </div>
            )}
            <p class="story">
              <PhraseView phrase={tellStory(facts, context.names)} />
            </p>
            <TurnIds facts={facts} links={links} />
          </>
        )}
      </div>
    </section>
  )
}

function Formulas({ facts, links, view, context, credential }: VerdictCardProps) {
  const formulas = writeFormulas(facts, context.names)
  const plates = formulas.flatMap(({ terms, result }) => [...terms, result])
  const open = plates.find(({ card }) => card && tokenKey(card) === view.openToken.value)?.card
  const close = () => {
    const plate = document.querySelector<HTMLElement>('.plate[aria-expanded=true]')
    view.openToken.value = undefined
    plate?.focus()
  }
  return (
    <section
      class="formulas stack"
      aria-label="Exchange"
      onKeyDown={event => {
        if (event.key !== 'Escape' || !open) return
        event.stopPropagation()
        close()
      }}
    >
      {formulas.map((formula, index) => (
        <FormulaView
          key={formula.result.card?.fingerprint ?? index}
          formula={formula}
          // A formula after the last TR is about a call that waits.
          link={
            index === Math.max(0, facts.uses.length - 1) && (
              <EntraLink links={links} request={lastTokenRequest(facts)} />
            )
          }
          onOpen={({ card }) => card && view.toggleToken(card)}
          isOpen={({ card }) => card !== undefined && tokenKey(card) === view.openToken.value}
        />
      ))}
      {open && (
        <TokenCardView
          card={open}
          context={context}
          credential={credentialWords[credential ?? 'unknown']}
          onClose={close}
        />
      )}
    </section>
  )
}

const credentialWords: Readonly<Record<BlueprintCredential, string>> = {
  secret: ' (configured: a client secret)',
  certificate: ' (configured: a certificate)',
  federated: ' (configured: a federated credential)',
  unknown: '',
}

/** The ids for finding the turn in logs and in OpenTelemetry traces. */
function TurnIds({ facts: { steps }, links }: Pick<VerdictCardProps, 'facts' | 'links'>) {
  const logIds: LogIds = Object.assign({}, ...steps.map(step => step.logIds ?? {}))
  const ids = [
    ['token id', logIds.tokenId],
    ['correlation id', logIds.correlationId],
    ['trace id', links.turn?.traceId],
  ] as const
  const known = ids.flatMap(([name, id]) => (id === undefined ? [] : [[name, id] as const]))
  if (known.length === 0) return null
  return (
    <div class="ids line fine">
      {known.map(([name, id]) => (
        <span key={name} class="row">
          {name} <code title={id}>{shortenIds(id)}</code>
          <CopyButton label={`Copy the ${name}`} text={() => id} />
        </span>
      ))}
      <Popover id="log-queries" class="button quiet" label="Log queries" button="Log queries">
        <LogQueries logIds={logIds} />
      </Popover>
      <TraceLink links={links} logIds={logIds} />
    </div>
  )
}
