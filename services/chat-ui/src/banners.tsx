import { SignedOutNotice } from './archive/signed-out-notice.tsx'
import type { Page } from './page.ts'
import { FileBanner } from './report/file-banner.tsx'

/** Banners ask whether to keep conversations after a sign-out, or say that a file is open or a link's answer is not here. */
export function Banners({ page }: { readonly page: Page }) {
  return (
    <>
      <SignedOutNotice {...page} />
      <FileBanner conversation={page.conversation} />
      {page.linkMissed.value && (
        <p class="notice">
          <strong>This link leads to an answer of a conversation in another tab</strong>, or of one that has
          been started over. It may be among the earlier conversations.
        </p>
      )}
    </>
  )
}
