import { lazy } from '@entra-agents/trace-view/browser/lazy'
import { useComputed } from '@preact/signals'
import { agentNamed } from '../agent/documents.ts'
import type { Page } from '../page.ts'
import { Composer } from './composer.tsx'
import { MessageLog, type MessageLogProps } from './message-log.tsx'

const GoneAgent = lazy(async () => (await import('./gone-agent.tsx')).GoneAgent)
const MoreTries = lazy(async () => (await import('./more-tries.tsx')).MoreTries)

export function ConversationPanel(props: MessageLogProps & Pick<Page, 'status'>) {
  const { conversation, config } = props
  const hasMoreTries = useComputed(() => {
    const exchanges = conversation.exchanges.value
    return exchanges.length > 0 && !exchanges.some(({ value }) => value.pause)
  }).value
  return (
    <>
      <MessageLog {...props} />
      {!conversation.opened.value && (
        <>
          {hasMoreTries && <MoreTries {...props} />}
          {agentNamed(config, conversation.agent.value) ? <Composer {...props} /> : <GoneAgent {...props} />}
        </>
      )}
    </>
  )
}
