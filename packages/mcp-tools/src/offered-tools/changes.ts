import type { Change } from '@entra-agents/approval'
import type { Tool } from '@modelcontextprotocol/client'
import type { McpServer } from '../config.ts'
import { cleanText } from './clean-text.ts'

const maxNameCharacters = 128

/**
 * What a call of a tool changes; `undefined` if the tool only reads. The configuration says which tools only read. A server's
 * annotations prove nothing, so they count only if they say that one of these tools changes something after all.
 * https://modelcontextprotocol.io/specification/2026-07-28/server/tools#tool-annotations
 */
export function describeChange(
  { api, readOnlyTools, unattendedTools, toolScopes, keepsIdempotencyKeys }: McpServer,
  { name, annotations }: Pick<Tool, 'name' | 'annotations'>,
): Change | undefined {
  const { readOnlyHint, destructiveHint } = annotations ?? {}
  const saysThatItChanges = readOnlyHint === false || destructiveHint === true
  if (readOnlyTools.includes(name) && !saysThatItChanges) return undefined
  return {
    effect: destructiveHint === true ? 'delete' : 'change',
    title: `Call ${cleanText(name, maxNameCharacters)} of ${api.name}`,
    scope: toolScopes[name],
    unattended: unattendedTools.includes(name),
    isIdempotent: keepsIdempotencyKeys,
  }
}
