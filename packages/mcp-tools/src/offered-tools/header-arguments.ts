type Json = Readonly<Record<string, unknown>>

const headerKeyword = 'x-mcp-header'
/** A valid header name (`token`, RFC 9110 §5.6.2). */
const headerNamePattern = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/
const argumentTypes: readonly unknown[] = ['string', 'integer', 'boolean']

/**
 * Whether the arguments that a tool wants repeated in headers are declared as the protocol demands: only properties
 * of simple types, none behind a choice or a reference, each header once. Clients must not offer tools that declare them
 * otherwise. https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http
 */
export function hasValidHeaderArguments(inputSchema: Json): boolean {
  const reachable = declarationsIn(inputSchema)
  const names = reachable.map(({ [headerKeyword]: name }) => String(name).toLowerCase())
  return (
    reachable.length === countDeclarations(inputSchema) &&
    new Set(names).size === names.length &&
    reachable.every(
      ({ [headerKeyword]: name, type }) =>
        typeof name === 'string' && headerNamePattern.test(name) && argumentTypes.includes(type),
    )
  )
}

/** The properties that declare a header, and those that hold such properties, without anything else of the schema. */
export function headerArguments(schema: Json): Record<string, object> {
  const read = Object.entries(Object(schema['properties']) as Json).flatMap(([name, value]) => {
    const property = Object(value) as Json
    const { type, [headerKeyword]: header } = property
    const properties = headerArguments(property)
    const isDeclared = header !== undefined
    if (!isDeclared && Object.keys(properties).length === 0) return []
    return [[name, { properties, ...(isDeclared ? { type, [headerKeyword]: header } : {}) }] as const]
  })
  return Object.fromEntries(read)
}

/** Follows `properties` only, and returns those that declare a header. `readInputSchema` has limited their depth. */
function declarationsIn(schema: Json): readonly Json[] {
  return Object.values(Object(schema['properties']) as Json).flatMap(value => {
    const property = Object(value) as Json
    return [...(headerKeyword in property ? [property] : []), ...declarationsIn(property)]
  })
}

/** Counts declarations of headers without recursion, since keywords that the agent does not read may be nested to any depth. */
function countDeclarations(schema: Json): number {
  const open: unknown[] = [schema]
  let count = 0
  while (open.length > 0) {
    const value = open.pop()
    if (typeof value !== 'object' || value === null) continue
    if (headerKeyword in value) count += 1
    for (const child of Object.values(value)) open.push(child)
  }
  return count
}
