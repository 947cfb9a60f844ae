import { expect, it } from 'vitest'
import { FileBanner } from './banners.tsx'
import { toExportedFile } from './report/write-file.ts'
import { converse } from './testing/converse.ts'
import { exportContext } from './testing/export-context.ts'
import { textOf } from './testing/text-of.ts'

it('What an opened file says of its origin is repeated as its claim, and cannot reverse the words around it', () => {
  const { conversation } = converse([])
  const host = 'login.microsoftonline.com\u202E'
  conversation.open(toExportedFile([], { ...exportContext, host }, true), [])
  const banner = textOf(FileBanner({ conversation }))
  expect(banner).toContain('The file says of itself that it was made')
  expect(banner).toMatch(/at “login\.microsoftonline\.com.U\+202E.”\. Nothing of it is sent/)
  conversation.closeFile()
  expect(textOf(FileBanner({ conversation }))).toBe('')
})
