/** The values that a template of an address may have in braces, as in `https://traces.example/{traceId}`. */
export const linkValueNames = ['correlationId', 'tokenId', 'traceId', 'time'] as const

/** How the values are written in a template. */
export const linkPlaceholders = linkValueNames.map(name => `{${name}}`)

export type LinkValues = Readonly<Partial<Record<(typeof linkValueNames)[number], string | undefined>>>

/** What ids and times are made of. Of other values, such as `..` from a file, no address is made. */
const plainValue = /^[\w-][\w:.+-]*$/

/**
 * Makes an address of a template. Values that are not known are left empty. `undefined` if there is no template, or none of
 * the ids in it is known.
 */
export function writeLink(template: string | undefined, values: LinkValues): string | undefined {
  if (template === undefined || !/^https?:/i.test(template)) return undefined
  const names = linkValueNames.filter(name => template.includes(`{${name}}`))
  const known = new Map(
    names.map(name => [name, values[name]] as const).filter(([, value]) => plainValue.test(value ?? '')),
  )
  const ids = names.filter(name => name !== 'time')
  if (ids.length > 0 && !ids.some(id => known.has(id))) return undefined
  return names.reduce(
    (address, name) => address.replaceAll(`{${name}}`, encodeURIComponent(known.get(name) ?? '')),
    template,
  )
}
