import { isDeepStrictEqual } from 'node:util'

/** A statement of a policy of IAM: who may assume a role, or what the role may do. */
export type Statement = Readonly<Record<string, unknown>>

/** Compares statements by what they allow: order and ids do not matter, nor whether a value is `"a"` or `["a"]`. */
export function compareStatements(wanted: readonly Statement[], found: readonly Statement[]) {
  return { missing: lacking(wanted, found), extra: lacking(found, wanted) }
}

/** Those of the statements that the others lack. */
function lacking(statements: readonly Statement[], others: readonly Statement[]): readonly Statement[] {
  const known = others.map(normalise)
  return statements.filter(one => !known.some(other => isDeepStrictEqual(normalise(one), other)))
}

/** The statements of a policy document, given as an object, as JSON, or as the URL-encoded JSON that IAM returns. */
export function statementsOf(document: unknown): readonly Statement[] {
  if (typeof document !== 'string') return [(document as Statement)['Statement']].flat() as Statement[]
  return statementsOf(JSON.parse(/^\s*\{/.test(document) ? document : decodeURIComponent(document)))
}

function normalise({ Sid: _id, ...statement }: Statement): unknown {
  return asLists(statement)
}

/** `"a"`, `["a"]` and `["a", "a"]` are the same to IAM. */
function asLists(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return [String(value)]
  if (Array.isArray(value)) return [...new Set(value.map(String))].sort()
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, asLists(member)]))
}
