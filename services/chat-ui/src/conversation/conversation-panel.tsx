import type { Page } from '../page.ts'
import { Choices } from './choices.tsx'
import { Composer } from './composer.tsx'
import { MessageLog } from './message-log.tsx'

export function ConversationPanel({ page }: { readonly page: Page }) {
  return (
    <>
      <Choices page={page} />
      <MessageLog page={page} />
      <Composer conversation={page.conversation} />
    </>
  )
}
