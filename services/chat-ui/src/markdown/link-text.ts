/** The host of a link if its text is empty or names another host; else `undefined`. */
export function hostToShow(text: string, { hostname, host }: URL): string | undefined {
  const read = text
    .normalize('NFKC')
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .replaceAll('。', '.')
  const isTelling = read.trim() !== '' && !read.split(/\s+/).some(word => namesAnotherHost(word, hostname))
  return isTelling ? undefined : host
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
