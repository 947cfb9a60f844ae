/** A call within a sentence: “create an alert” if its title is verb and singular noun (`Create alert`), else “call list_alerts”. */
export function tellAct(title: string): string {
  const [, verb, noun] = /^([A-Z]?[a-z]+)[ _]([a-z]+)$/.exec(title) ?? []
  if (!verb || !noun || noun.endsWith('s')) return `call ${title}`
  return `${verb.toLowerCase()} ${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`
}

/** The texts and numbers among a call’s arguments; the tool’s name makes clear what they mean. All of them are shown as JSON. */
export function tellArguments(values: Readonly<Record<string, unknown>> = {}): string {
  return Object.values(values)
    .filter(value => typeof value === 'string' || typeof value === 'number')
    .join(', ')
}
