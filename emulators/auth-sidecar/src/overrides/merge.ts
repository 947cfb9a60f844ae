import type { ApiOptions } from '../settings/downstream-apis.ts'
import type { Query } from './query.ts'

const prefix = 'optionsoverride.'
const acquirePrefix = 'acquiretokenoptions.'
const guidPattern = /^\{?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\}?$/i

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
type ApiDraft = Mutable<Omit<ApiOptions, 'acquireTokenOptions'>> & {
  acquireTokenOptions: Mutable<ApiOptions['acquireTokenOptions']>
}

/** Whether the query tries to override anything. */
export function hasOverrides(query: Query): boolean {
  return !query.startingWith(prefix).next().done
}

/** Whether the query names another base URL, which is never honoured. */
export function overridesBaseUrl(query: Query): boolean {
  return Boolean(query.text(`${prefix}baseurl`))
}

/** Lays `optionsOverride.*` over the configured options. A switched-on app token cannot be switched off again. */
export function mergeOverrides(options: ApiOptions, query: Query): ApiOptions {
  const draft: ApiDraft = { ...options, acquireTokenOptions: { ...options.acquireTokenOptions } }
  for (const [name, values] of query.startingWith(prefix)) {
    if (name.startsWith(acquirePrefix)) overrideAcquisition(draft, name.slice(acquirePrefix.length), values)
    else overrideCall(draft, name, values)
  }
  return draft
}

function overrideCall(draft: ApiDraft, name: string, values: readonly string[]): void {
  const last = values.at(-1) ?? ''
  if (name === 'scopes') {
    const scopes = values.filter(scope => scope.trim() !== '')
    if (scopes.length > 0) draft.scopes = scopes
  } else if (last === '') return
  else if (name === 'requestapptoken') draft.requestAppToken ||= isTrue(last)
  else if (name === 'relativepath') draft.relativePath = last
  else if (name === 'httpmethod') draft.httpMethod = last
  else if (name === 'contenttype') draft.contentType = last
  else if (name === 'acceptheader') draft.acceptHeader = last
  else if (name.startsWith('extraheaderparameters.')) {
    draft.extraHeaderParameters = { ...draft.extraHeaderParameters, [name.slice(22)]: last }
  } else if (name.startsWith('extraqueryparameters.')) {
    draft.extraQueryParameters = { ...draft.extraQueryParameters, [name.slice(21)]: last }
  }
}

function overrideAcquisition(draft: ApiDraft, name: string, values: readonly string[]): void {
  const last = values.at(-1)
  if (!last) return
  const acquisition = draft.acquireTokenOptions
  if (name === 'tenant') acquisition.tenant = last
  else if (name === 'forcerefresh') acquisition.forceRefresh = isTrue(last)
  else if (name === 'claims') acquisition.claims = last
  else if (name === 'fmipath') acquisition.fmiPath = last
  else if (name === 'longrunningwebapisessionkey') acquisition.longRunningWebApiSessionKey = last
  else if (name === 'correlationid' && guidPattern.test(last)) acquisition.correlationId = last
}

function isTrue(value: string): boolean {
  return value.trim().toLowerCase() === 'true'
}
