import { createHash } from 'node:crypto'
import type { Tool } from '@modelcontextprotocol/client'
import { removeUnseenCharacters } from './clean-text.ts'

/** The text by which the model knows what a tool is for. Models accept no blank text. */
export function describePurpose({ name, title, description }: Tool): string {
  return visibleText(description) || visibleText(title) || name
}

/**
 * The hash of a tool's definition as the server sent it, as `sha256-` and hex digits; the order of members does not matter.
 * The hash covers everything that the model is offered: of title and description, the one that `describePurpose` chooses.
 */
export function hashTool({ name, title, description, inputSchema, outputSchema, annotations }: Tool): string {
  const definition = {
    name,
    ...(visibleText(description) === '' ? { title } : {}),
    description,
    inputSchema,
    outputSchema,
    annotations,
  }
  return `sha256-${createHash('sha256')
    .update(JSON.stringify(sortMembers(definition)))
    .digest('hex')}`
}

function visibleText(text = ''): string {
  return removeUnseenCharacters(text).trim()
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
