import { isDeepStrictEqual } from 'node:util'

/** A policy document of IAM: who may assume a role, or what the role may do. */
export interface PolicyDocument {
  readonly Statement: Statement | readonly Statement[]
}

export type Statement = Readonly<Record<string, unknown>>

/** The statements that only one of two lists has. */
export interface StatementDifferences {
  readonly missing: readonly Statement[]
  readonly extra: readonly Statement[]
}

/** Compares statements by what they allow: order and ids do not matter, nor whether a value is `"a"` or `["a"]`. */
export function compareStatements(
  wanted: readonly Statement[],
  found: readonly Statement[],
): StatementDifferences {
  const [ours, theirs] = [wanted.map(normalise), found.map(normalise)]
  const lacking = (from: readonly unknown[], one: unknown) =>
    !from.some(other => isDeepStrictEqual(one, other))
  return {
    missing: wanted.filter((_, index) => lacking(theirs, ours[index])),
    extra: found.filter((_, index) => lacking(ours, theirs[index])),
  }
}

/** The statements of a policy document, given as an object, as JSON, or as the URL-encoded JSON that IAM returns. */
export function statementsOf(document: unknown): readonly Statement[] {
  const { Statement } = (typeof document === 'string' ? parsePolicy(document) : document) as PolicyDocument
  return [Statement].flat() as readonly Statement[]
}

function parsePolicy(text: string): PolicyDocument {
  return JSON.parse(/^\s*\{/.test(text) ? text : decodeURIComponent(text))
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
