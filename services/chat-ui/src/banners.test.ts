import { expect, it } from 'vitest'
import { FileBanner } from './banners.tsx'
import { toExportedFile } from './report/write-file.ts'
import { converse } from './testing/converse.ts'
import { exportContext } from './testing/export-context.ts'
import { textOf } from './testing/text-of.ts'

it.each(['file', 'link'])(
  'What an opened %s says of its origin is repeated as its claim, and cannot reverse the words around it',
  source => {
    const { conversation } = converse([])
    const host = 'login.microsoftonline.com\u202E'
    const file = toExportedFile([], { ...exportContext, host }, true)
    conversation.open({ ...file, isLink: source === 'link' }, [])
    const banner = textOf(FileBanner({ conversation }))
    expect(banner).toMatch(new RegExp(`From a ${source}:.*it says of itself that it was made`, 's'))
    expect(banner).toMatch(
      /at “login\.microsoftonline\.com.U\+202E.”\. This page did not see it, and sends nothing of it/,
    )
    conversation.closeFile()
    expect(textOf(FileBanner({ conversation }))).toBe('')
  },
)
