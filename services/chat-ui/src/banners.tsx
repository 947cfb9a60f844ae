import { LeftBehind } from './archive/left-behind.tsx'
import type { Page } from './page.ts'
import { FileBanner } from './report/file-banner.tsx'

/** Banners over the whole page: that answers of a file are shown, and what a user who signed out has to decide. */
export function Banners({ page }: { readonly page: Page }) {
  return (
    <>
      <LeftBehind {...page} />
      <FileBanner conversation={page.conversation} />
    </>
  )
}
