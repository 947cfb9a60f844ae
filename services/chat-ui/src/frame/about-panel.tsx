import { lazy } from '@entra-agents/trace-view/browser/lazy'
import { Button } from '@entra-agents/trace-view/controls/button'
import { closePopovers } from '@entra-agents/trace-view/controls/popover'
import { areKeysShown } from '@entra-agents/trace-view/keys/use-keys'
import { repositoryUrl } from '@entra-agents/trace-view/words/problem-kinds'
import type { Page } from '../page.ts'

const PastedToken = lazy(
  async () => (await import('@entra-agents/trace-view/pasted/pasted-token')).PastedToken,
)

/** What this page is: its version, documentation and source, and its keys; and what it makes of a token of the user's own. */
export function AboutPanel({
  title,
  status,
  config,
}: { readonly title: string } & Pick<Page, 'status' | 'config'>) {
  const version = status.value?.version
  return (
    <>
      <p class="pad-2">
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
      <PastedToken config={config} />
    </>
  )
}
