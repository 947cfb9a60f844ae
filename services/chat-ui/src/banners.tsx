import { LeftBehind } from './archive/left-behind.tsx'
import type { Page } from './page.ts'
import { FileBanner } from './report/file-banner.tsx'

/** What stands over the whole page: whose answers are shown, and what somebody who left has to decide. */
export function Banners({ page }: { readonly page: Page }) {
  return (
    <>
      <LeftBehind {...page} />
      <FileBanner conversation={page.conversation} />
    </>
  )
}
