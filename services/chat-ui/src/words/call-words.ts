/** A call within a sentence: “create an alert”, or that a tool is called. From its title or the name of its tool. */
export function tellAct(title: string): string {
  const [, verb, noun] = /^([A-Z]?[a-z]+)[ _]([a-z]+)$/.exec(title) ?? []
  if (!verb || !noun || noun.endsWith('s')) return `call ${title}`
  return `${verb.toLowerCase()} ${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`
}
