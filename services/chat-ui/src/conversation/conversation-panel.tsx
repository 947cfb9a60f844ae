import type { Status } from '@entra-bedrock-agent/identity-trace'
import type { ReadonlySignal } from '@preact/signals'
import { Composer } from './composer.tsx'
import { explainFlow, explainMode } from './explain.ts'
import { MessageLog, type MessageLogProps } from './message-log.tsx'

interface ConversationPanelProps extends MessageLogProps {
  readonly status: ReadonlySignal<Status | undefined>
}

export function ConversationPanel({ status, ...props }: ConversationPanelProps) {
  const { conversation, session, config } = props
  const mode = explainMode(conversation.mode.value, config, status.value)
  const flow = explainFlow(conversation.flow.value, session.available, session.account.value?.name)
  return (
    <>
      <MessageLog {...props} />
      <Composer conversation={conversation} explanation={`${mode} ${flow}`} />
    </>
  )
}
