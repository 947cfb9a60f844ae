import { Button } from '@entra-agents/trace-view/controls/button'
import type { Page } from '../page.ts'

/** Stands in place of the composer if the conversation's agent is not set up any more. */
export function GoneAgent({ config, conversation, names }: Pick<Page, 'config' | 'conversation' | 'names'>) {
  const [other] = config.agents
  return (
    <p class="notice" role="status">
      The agent of this conversation, <code>{conversation.agent.value}</code>, is not set up here any more.
      You can read the conversation, and ask another agent in a new one.{' '}
      {other && (
        <Button onClick={() => conversation.switchTo(other.name)}>
          Ask {names.ofAgent(other.name).agent}
        </Button>
      )}
    </p>
  )
}
