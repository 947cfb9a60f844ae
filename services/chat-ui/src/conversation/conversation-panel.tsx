import { needsUser } from '@entra-agents/trace'
import { useComputed } from '@preact/signals'
import { agentNamed } from '../agent/documents.ts'
import type { Page } from '../page.ts'
import { Composer } from './composer.tsx'
import { explainFlow, explainHistory, explainMode } from './explain.ts'
import { MessageLog, type MessageLogProps } from './message-log.tsx'

export function ConversationPanel({ status, ...props }: MessageLogProps & Pick<Page, 'status'>) {
  const { conversation, session, config } = props
  const agent = conversation.agent.value
  const [other] = config.agents
  const isSignInDue = needsUser(conversation.flow.value) && session.available && !session.account.value
  const mode = isSignInDue ? '' : explainMode(conversation.mode.value, config, status.value)
  const flow = explainFlow(conversation.flow.value, session.available, session.account.value?.name)
  // Computed, so that the panel is not rendered again for every word of an answer.
  const history = useComputed(() => {
    const earlier = conversation.exchanges.value.map(({ value }) => value)
    return explainHistory(conversation.flow.value, conversation.mode.value, earlier)
  }).value
  const waits = useComputed(() => conversation.exchanges.value.some(({ value }) => value.pause)).value
  const warning = waits ? 'A call waits for you. It will not be sent if you ask something else.' : ''
  return (
    <>
      <MessageLog {...props} />
      {!conversation.opened.value &&
        (agentNamed(config, agent) ? (
          <Composer
            conversation={conversation}
            config={config}
            agent={props.names.ofAgent(agent).agent}
            explanation={[warning, flow, mode, history].join(' ')}
          />
        ) : (
          <p class="notice" role="status">
            The agent of this conversation, <code>{agent}</code>, is not set up here any more. You can read
            the conversation, and ask another agent in a new one.{' '}
            {other && (
              <button type="button" class="button" onClick={() => conversation.switchTo(other.name)}>
                Ask {props.names.ofAgent(other.name).agent}
              </button>
            )}
          </p>
        ))}
    </>
  )
}
