import { toggle } from '@entra-agents/trace-view/browser/set'
import { Button } from '@entra-agents/trace-view/controls/button'
import { CopyButton } from '@entra-agents/trace-view/controls/copy-button'
import { Fact } from '@entra-agents/trace-view/controls/fact'
import { Icon } from '@entra-agents/trace-view/controls/icon'
import { TextWithJson } from '@entra-agents/trace-view/controls/text-with-json'
import { capitalise, type Names } from '@entra-agents/trace-view/words/names'
import { problemKind, remedyOf, troubleshootingUrl } from '@entra-agents/trace-view/words/problem-kinds'
import { spellOutDirections } from '@entra-agents/trace-view/words/visible-text'
import { useSignal } from '@preact/signals'
import { useEffect, useId, useMemo } from 'preact/hooks'
import { agentNamed } from '../agent/documents.ts'
import { type PageProblem, problemOf } from '../agent/page-problem.ts'
import type { Page } from '../page.ts'
import type { Interaction } from '../sign-in/session.ts'
import { SignInButton } from '../sign-in/sign-in-button.tsx'
import { tellGrant, writeAdministratorMessage } from './administrator-request.ts'
import type { LiveExchange } from './conversation.ts'
import type { Exchange } from './exchange.ts'
import { type NextAction, nextActions } from './next-actions.ts'
import { problemIcons, tellProblemKind } from './problem-head.ts'
import { tellArrived } from './tell-unsent.ts'

interface ProblemNoteProps extends Pick<Page, 'conversation' | 'session' | 'config' | 'names'> {
  readonly exchange: LiveExchange
  readonly problem: PageProblem
  /** Puts the question into the composer to edit it; missing in a view without composer, where question and flow cannot change. */
  readonly onEdit?: () => void
}

/** What went wrong with an answer, shown in its place, and what the user can do next. */
export function ProblemNote(props: ProblemNoteProps) {
  const { exchange, problem, conversation, session, config, onEdit } = props
  const { question } = exchange.value
  const id = useId()
  const names = props.names.ofAgent(question.agent)
  const actions = nextActions(problem, question, {
    modes: config.modes,
    flows: agentNamed(config, question.agent)?.flows ?? [],
    canSignIn: session.available,
    isSignedIn: session.account.value !== undefined,
  }).filter(({ edits, asked }) => onEdit || !(edits || asked?.flow))
  const needsSignIn = actions.some(({ interaction }) => interaction)
  useEffect(() => {
    if (needsSignIn) session.prepare()
  }, [needsSignIn, session])
  const userThen = useMemo(() => session.account.peek()?.objectId, [problem, session])
  const userNow = session.account.value?.objectId
  if (remedyOf(problem) === 'sign-in' && userNow !== undefined && userNow !== userThen)
    return <AskNowNote {...props} />
  // While the sign-in window is open, the earlier problem is hidden.
  const isOpen = needsSignIn && session.signingIn.value
  const forAdministrator = remedyOf(problem) === 'administrator'
  return (
    // biome-ignore lint/a11y/useSemanticElements: a region's name has to be the only one, and answers may fail alike
    <div role="group" class="note-card" data-kind={problemKind(problem)} aria-labelledby={id}>
      {!isOpen && <ProblemText problem={problem} exchange={exchange.value} names={names} id={id} />}
      <div class="acts line gap-2">
        {forAdministrator && (
          <CopyButton
            label="Copy request for an administrator"
            text={() => writeAdministratorMessage(problem, exchange.value, names)}
            worded
            primary
          />
        )}
        {actions.map(({ label, interaction, edits, asked }, index) => {
          const style = index > 0 || forAdministrator ? 'button' : 'button primary'
          return interaction ? (
            <SignInButton
              key={label}
              session={session}
              label={label}
              class={style}
              onClick={() => void signInAndRetry(props, interaction, asked)}
            />
          ) : (
            <Button
              key={label}
              class={style}
              onClick={() => {
                if (edits) onEdit?.()
                else void conversation.retry(exchange, asked)
              }}
            >
              {label}
            </Button>
          )
        })}
      </div>
    </div>
  )
}

interface ProblemTextProps {
  readonly problem: PageProblem
  readonly exchange: Exchange
  readonly names: Names
  /** The id of the element that names the note. */
  readonly id: string
}

/** A missing right is told by the right and who can give it; any other failure in its own words. The code opens the rest. */
function ProblemText({ problem, exchange, names, id }: ProblemTextProps) {
  const isWhole = useSignal(false)
  const { code, needs, requestId, policyIds = [] } = problem
  // They may quote what the user or an API wrote.
  const title = spellOutDirections(problem.title)
  const detail = spellOutDirections(problem.detail)
  const hint = spellOutDirections(problem.hint)
  const kind = problemKind(problem)
  const isPlain = kind === 'neutral' && detail !== ''
  const arrived = tellArrived(exchange)
  const words = (
    <>
      {!isPlain && detail && <p dir="auto">{detail}</p>}
      <TextWithJson text={hint} />
      {policyIds.map(policyId => (
        <p key={policyId}>
          Policy <code>{policyId}</code>
        </p>
      ))}
    </>
  )
  return (
    <>
      <header class="line tone">
        <Icon name={problemIcons[kind]} />
        <b id={id}>{tellProblemKind(problem, exchange.steps, names)}</b>
        <Button class="link end t1 nowrap" aria-expanded={isWhole.value} onClick={() => toggle(isWhole)}>
          <code>{code}</code>
        </Button>
      </header>
      <div class="stack">
        {needs ? (
          <>
            <h3 class="t3">
              {capitalise(names.agent)} lacks <code>{needs.permission}</code> at {names.actor(needs.api)}.
            </h3>
            <p class="note">Its identity works. Only an administrator can give it the right:</p>
            <dl class="facts grid soft">
              {tellGrant(needs, exchange, names).map(([verb, what]) => (
                <Fact key={verb} name={capitalise(verb)}>
                  {what}
                </Fact>
              ))}
            </dl>
          </>
        ) : (
          <>
            <h3 class="t3" dir="auto">
              {isPlain ? detail : title}
            </h3>
            <div class="note stack">{words}</div>
          </>
        )}
        {arrived && <p class="note">{arrived}</p>}
        {isWhole.value && (
          <div class="note stack">
            {needs && (
              <>
                <p>{title}</p>
                {words}
              </>
            )}
            <p>
              {requestId && (
                <>
                  Request id <code>{requestId}</code>.{' '}
                </>
              )}
              <a href={troubleshootingUrl(code)} target="_blank" rel="noopener noreferrer">
                All about this code
              </a>
            </p>
          </div>
        )}
      </div>
    </>
  )
}

/** Shown instead of the problem once the user has signed in elsewhere on the page. */
function AskNowNote({ exchange, conversation }: Pick<ProblemNoteProps, 'exchange' | 'conversation'>) {
  return (
    <div class="acts line gap-2">
      <p class="note">You are signed in now. This question has not been asked yet.</p>
      <Button onClick={() => void conversation.retry(exchange)}>Ask now</Button>
    </div>
  )
}

async function signInAndRetry(
  { conversation, session, exchange }: Pick<ProblemNoteProps, 'conversation' | 'session' | 'exchange'>,
  interaction: Interaction,
  asked: NextAction['asked'],
): Promise<void> {
  const problem = await problemOf(session.signIn(interaction))
  if (problem) conversation.fail(exchange, problem)
  else await conversation.retry(exchange, asked)
}
