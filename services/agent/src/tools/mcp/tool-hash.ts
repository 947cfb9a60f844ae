import { createHash } from 'node:crypto'
import type { Tool } from '@modelcontextprotocol/client'

/** `sha256-` and the hex digits of a tool's definition as the server sent it, whatever the order of its members. */
export function hashTool({ name, description, inputSchema, outputSchema, annotations }: Tool): string {
  const definition = { name, description, inputSchema, outputSchema, annotations }
  return `sha256-${createHash('sha256')
    .update(JSON.stringify(sortMembers(definition)))
    .digest('hex')}`
}

function sortMembers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortMembers)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, sortMembers(inner)]),
  )
}
