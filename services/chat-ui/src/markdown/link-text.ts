import type { Node } from './nodes.ts'

/** The text of a link as shown: without nested links. */
export function linkText(nodes: readonly Node[]): readonly Node[] {
  return nodes.flatMap((node): readonly Node[] => {
    if (typeof node === 'string') return [node]
    const children = linkText(node.children)
    return node.tag === 'a' ? children : [{ ...node, children }]
  })
}

/** The host of a link if its text is empty or names another host; else `undefined`. */
export function hostToShow(nodes: readonly Node[], { hostname, host }: URL): string | undefined {
  const read = plainText(nodes)
    .normalize('NFKC')
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .replaceAll('。', '.')
  const isTelling = read.trim() !== '' && !read.split(/\s+/).some(word => namesAnotherHost(word, hostname))
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
