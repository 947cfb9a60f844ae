import { Button } from '@entra-agents/trace-view/controls/button'
import { closePopovers } from '@entra-agents/trace-view/controls/popover'
import { areKeysShown } from '@entra-agents/trace-view/keys/use-keys'
import { repositoryUrl } from '@entra-agents/trace-view/words/problem-kinds'
import type { Page } from '../page.ts'

/** What this page is: its version, documentation and source, and its keys. */
export function AboutPanel({ title, status }: { readonly title: string } & Pick<Page, 'status'>) {
  const version = status.value?.version
  return (
    <>
      <p class="menu-text">
        <strong>{title}</strong> {version && <span class="note">version {version}</span>}
      </p>
      <a class="button quiet" href={`${repositoryUrl}#readme`} target="_blank" rel="noopener noreferrer">
        Documentation
      </a>
      <a class="button quiet" href={repositoryUrl} target="_blank" rel="noopener noreferrer">
        Source
      </a>
      <Button
        class="button quiet"
        aria-keyshortcuts="?"
        onClick={() => {
          closePopovers()
          areKeysShown.value = true
        }}
      >
        Keys
      </Button>
    </>
  )
}
