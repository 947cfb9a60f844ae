import type { Node } from './nodes.ts'

/** Characters that change the direction in which text is read, and with it what the text seems to say. */
const directionControls = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** The text of a link as shown: without nested links or direction controls. */
export function linkText(nodes: readonly Node[]): readonly Node[] {
  return nodes.flatMap((node): readonly Node[] => {
    if (typeof node === 'string') return [node.replace(directionControls, '')]
    const children = linkText(node.children)
    return node.tag === 'a' ? children : [{ ...node, children }]
  })
}

/** The host of a link if its text is empty, names another host or hides what it names; else `undefined`. */
export function hostToShow(nodes: readonly Node[], { hostname, host }: URL): string | undefined {
  const written = plainText(nodes)
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

function plainText(nodes: readonly Node[]): string {
  return nodes
    .map(node => {
      if (typeof node === 'string') return node
      return node.tag === 'br' ? ' ' : plainText(node.children)
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
