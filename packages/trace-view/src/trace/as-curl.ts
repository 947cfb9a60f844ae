import { redactText, type TraceStep } from '@entra-agents/trace'
import { spellOutHidden } from '../words/visible-text.ts'

/** What stands for a token in a trace. */
const tokenPattern = /(?:\b(Tc|T1|T2|TR) )?‹(?:[0-9a-f]{12}|token removed|removed)›/g
const headerName = /^[\w-]+$/

/**
 * The request of a step as a command for a shell, with a variable such as `$TR` in place of each token. What the trace holds
 * may come from anybody: every part is quoted, so that the shell expands nothing but these variables.
 *
 * @returns `undefined` if nobody saw the request, or its address is none of the web
 */
export function asCurl({ request, status }: TraceStep): string | undefined {
  if (!request || status === 'not-observable' || !/^https?:\/\//i.test(request.url)) return undefined
  const { method, url, headers, body } = request
  const sent = Object.entries(headers).filter(([name]) => headerName.test(name))
  return [
    `curl --globoff --request ${quote(method)} --url ${quote(url)}`,
    ...sent.map(([name, value]) => `--header ${quote(`${name}: ${hideCredential(name, value)}`)}`),
    ...(body === undefined
      ? []
      : [`--data-raw ${quote(typeof body === 'string' ? body : JSON.stringify(body))}`]),
  ].join(' \\\n  ')
}

/** A header that proves who calls holds only what stands for a token, whatever the trace says. */
function hideCredential(name: string, value: string): string {
  const isKnown = value.match(tokenPattern) !== null
  return /^(proxy-)?authorization$|cookie|key|secret|token/i.test(name) && !isKnown ? '‹removed›' : value
}

/**
 * A text in single quotes, in which a shell expands nothing, around its variables in double quotes. What looks like a token,
 * which no trace should hold, becomes a variable too.
 */
function quote(given: string): string {
  const text = redactText(given)
  const parts: string[] = []
  let end = 0
  for (const { 0: found, 1: role = 'TOKEN', index } of text.matchAll(tokenPattern)) {
    parts.push(literal(text.slice(end, index)), `"$${role}"`)
    end = index + found.length
  }
  return [...parts, literal(text.slice(end))].filter(part => part !== "''").join('') || "''"
}

function literal(text: string): string {
  return `'${spellOutHidden(text).replaceAll("'", String.raw`'\''`)}'`
}
