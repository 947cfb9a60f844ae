import { createHash } from 'node:crypto'
import type { Tool } from '@modelcontextprotocol/client'
import { removeUnseen } from './clean-text.ts'

/** The text by which the model knows what a tool is for. Models accept no blank text. */
export function describeTool({ name, title, description }: Tool): string {
  return readable(description) || readable(title) || name
}

/**
 * The hash of a tool's definition as the server sent it, as `sha256-` and hex digits; the order of members does not matter.
 * The hash covers everything that the model is offered: of title and description, the one that `describeTool` chooses.
 */
export function hashTool({ name, title, description, inputSchema, outputSchema, annotations }: Tool): string {
  const definition = {
    name,
    ...(readable(description) === '' ? { title } : {}),
    description,
    inputSchema,
    outputSchema,
    annotations,
  }
  return `sha256-${createHash('sha256')
    .update(JSON.stringify(sortMembers(definition)))
    .digest('hex')}`
}

function readable(text = ''): string {
  return removeUnseen(text).trim()
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
