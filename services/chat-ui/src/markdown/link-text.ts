import type { Inline } from './nodes.ts'

/** They change the direction in which text is read, and so what it seems to say. */
const directionControls = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** The text of a link as it is shown: without links in it, and in the order in which it was written. */
export function linkText(inlines: readonly Inline[]): readonly Inline[] {
  return inlines.flatMap((inline): readonly Inline[] => {
    switch (inline.type) {
      case 'text':
      case 'code':
        return [{ type: inline.type, text: inline.text.replace(directionControls, '') }]
      case 'break':
        return [inline]
      case 'link':
        return linkText(inline.children)
      default:
        return [{ type: inline.type, children: linkText(inline.children) }]
    }
  })
}

/** The host of a link where its text says nothing, names another host or hides what it names; else `undefined`. */
export function hostToTell(inlines: readonly Inline[], { hostname, host }: URL): string | undefined {
  const written = plainText(inlines)
  const read = written
    .normalize('NFKC')
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .replaceAll('。', '.')
  const isTelling =
    read.trim() !== '' &&
    written.replace(directionControls, '') === written &&
    !read.split(/\s+/).some(word => namesAnotherHost(word, hostname))
  return isTelling ? undefined : host
}

function plainText(inlines: readonly Inline[]): string {
  return inlines
    .map(inline => {
      if (inline.type === 'break') return ' '
      return 'text' in inline ? inline.text : plainText(inline.children)
    })
    .join('')
}

function namesAnotherHost(word: string, hostname: string): boolean {
  const address = word.replace(/^[^\p{L}\p{N}]*(?:https?:[/\\]*)?/iu, '')
  const [authority = ''] = address.split(/[/?#\\]/)
  const [, named = ''] = /^([^:]*?[\p{L}\p{N}])(?::\d+)?[^\p{L}\p{N}]*$/u.exec(authority.toLowerCase()) ?? []
  if (named === hostname) return false
  return address.split(/[^\p{L}\p{N}.-]+/u).some(looksLikeHost)
}

function looksLikeHost(text: string): boolean {
  return /[\p{L}\p{N}]\.(?:\p{L}[\p{L}\p{N}-]*|\d+\.\d+\.\d+)\.?$/u.test(text)
}
