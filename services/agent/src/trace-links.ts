import { type EnvironmentReader, parseJsonObject } from '@entra-agents/service-kit'
import { linkPlaceholders, type PublicConfig } from '@entra-agents/trace'

/** Where the page's readers find a turn elsewhere: templates of addresses; without one there is no link. */
export type TraceLinks = Pick<PublicConfig, 'entraLogUrl' | 'traceUrl'>

const memberNames: ReadonlyMap<string, keyof TraceLinks> = new Map([
  ['entra', 'entraLogUrl'],
  ['trace', 'traceUrl'],
])

/** Reads `TRACE_LINKS`, such as `{"trace": "https://traces.example/{traceId}"}`. */
export function readTraceLinks(env: EnvironmentReader): TraceLinks {
  const text = env.optional('TRACE_LINKS')
  if (text === undefined) return {}
  const templates = parseJsonObject(text)
  if (!templates) {
    env.fault('TRACE_LINKS must be a JSON object with "entra", "trace" or both.')
    return {}
  }
  const links = Object.entries(templates).flatMap(([name, template]) => {
    const member = memberNames.get(name)
    if (member === undefined) {
      env.fault(`TRACE_LINKS may have "entra" and "trace"; "${name}" is neither.`)
      return []
    }
    const fault = findFault(template)
    if (fault !== undefined) env.fault(`TRACE_LINKS, "${name}": ${fault}`)
    return [[member, template]]
  })
  return Object.fromEntries(links)
}

/** What is wrong with a template. Its host is fixed, so that no id of a trace decides where a link leads. */
function findFault(template: unknown): string | undefined {
  if (typeof template !== 'string') return 'it must be a text.'
  const [url, other] = ['a', 'b'].map(value => URL.parse(fill(template, value)))
  if (!url || !/^https?:$/.test(url.protocol)) return `it must be an http or https URL; it is "${template}".`
  if (url.username || url.password) return 'it must not contain a user name or password.'
  if (url.origin !== other?.origin) return 'a placeholder may stand behind the host only.'
  const [unknown] = /\{[^{}]*\}?|\}/.exec(fill(template, '')) ?? []
  return unknown && `its placeholders may be ${linkPlaceholders.join(', ')}; "${unknown}" is none of them.`
}

function fill(template: string, value: string): string {
  return linkPlaceholders.reduce((text, placeholder) => text.replaceAll(placeholder, value), template)
}
