import { set } from '@entra-agents/trace-view/browser/set'
import { useKeys } from '@entra-agents/trace-view/keys/use-keys'
import { spellOutDirections } from '@entra-agents/trace-view/words/visible-text'
import type { Page } from '../page.ts'
import { SignInButton } from '../sign-in/sign-in-button.tsx'
import { type Try, tellTry, triesFor } from './tries.ts'

type EmptyStateProps = Pick<Page, 'config' | 'conversation' | 'session' | 'asking' | 'shownTry' | 'compare'>

/** What this page is for, shown before the first question, and questions to try. The trace beside it shows a sample of the chosen one. */
export function EmptyState(props: EmptyStateProps) {
  const { config, conversation, session, asking, shownTry } = props
  const { comparison } = config
  const { agent, mode } = conversation
  const tries = triesFor(config, agent.value, mode.value)
  const [{ description = '' } = {}, ...others] = config.agents
  const shown = tries[shownTry.value] ?? tries[0]
  const askAt = (index: number) => () => {
    const one = tries[index]
    if (one) void asking.ask(one)
  }
  useKeys({ 1: askAt(0), 2: askAt(1), 3: askAt(2), 4: askAt(3) })
  return (
    <div class="empty stack gap-5 middle">
      <h2 class="headline">Watch an agent prove who it is.</h2>
      <p class="soft">
        {others.length === 0 && `${spellOutDirections(description)} `}The agent holds no secret. Its{' '}
        <b class="ink">sidecar</b>, a small service beside it, gets a token from Entra ID for each call. The
        token says who calls and for whom, and opens one API.
      </p>
      <ul class="tries stack" aria-label="Questions to try">
        {tries.map((one, index) => (
          <li key={index}>
            <TryCard
              one={one}
              asked={one.agent.name === agent.value ? undefined : one.agent.title}
              isShown={one === shown}
              isSignedIn={session.account.value !== undefined}
              onShow={() => set(shownTry, index)}
              onAsk={askAt(index)}
            />
          </li>
        ))}
      </ul>
      {comparison && (
        <p class="note line">
          <SignInButton
            session={session}
            label={comparison.title}
            class="link"
            onClick={() => void props.compare(comparison)}
          />{' '}
          {comparison.about}
        </p>
      )}
    </div>
  )
}

interface TryCardProps {
  readonly one: Try
  /** The title of the agent that is asked, if it is another one than the conversation's. */
  readonly asked: string | undefined
  /** Whether the trace shows the sample of this try. */
  readonly isShown: boolean
  readonly isSignedIn: boolean
  readonly onShow: () => void
  readonly onAsk: () => void
}

function TryCard({ one, asked, isShown, isSignedIn, onShow, onAsk }: TryCardProps) {
  const [shows, rest] = tellTry(one, isSignedIn)
  return (
    <button
      type="button"
      class="try card pad grid wide"
      data-try={one.kind}
      data-shown={isShown}
      onPointerEnter={onShow}
      onFocus={onShow}
      onClick={onAsk}
    >
      <b dir="auto">{spellOutDirections(asked ? `Ask ${asked}: ${one.question}` : one.question)}</b>
      <span class="row gap-2 soft t2">
        <i class="light" />
        <span>
          <b class="ink">{shows}</b>
          {rest}
        </span>
      </span>
    </button>
  )
}
