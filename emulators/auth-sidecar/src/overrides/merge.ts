import type { SidecarVersion } from '../config.ts'
import {
  type AcquireTokenOptions,
  type ApiOptions,
  optionsBeyondStandIn,
} from '../settings/downstream-apis.ts'
import type { Query, QueryParameter } from './query.ts'

const prefix = 'optionsoverride.'
const acquisitionPrefix = 'acquiretokenoptions.'
const guidPattern = /^[({]?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}[)}]?$/i

/** What 1.0.0 already let a caller change; everything else came later. */
const firstReleaseKeys =
  /^(scopes|relativepath|extra.*|acquiretokenoptions\.(tenant|claims|fmipath|forcerefresh))$/

type Draft<T> = { -readonly [K in keyof T]: T[K] }

/** Reads `optionsOverride.*`; empty when the query has none. */
export function readOverrides(query: Query): readonly QueryParameter[] {
  return query.below(prefix)
}

/**
 * Lays a caller's overrides over the configured options. A configured app token cannot be switched off, and any
 * override at all switches a configured ForceRefresh off, unless it says otherwise.
 */
export function mergeOverrides(
  options: ApiOptions,
  overrides: readonly QueryParameter[],
  version: SidecarVersion,
): ApiOptions {
  if (overrides.length === 0) return options
  const known = version === '1.0.0' ? overrides.filter(({ key }) => firstReleaseKeys.test(key)) : overrides
  const acquisition: Draft<AcquireTokenOptions> = { ...options.acquireTokenOptions, forceRefresh: false }
  const draft: Draft<ApiOptions> = { ...options, acquireTokenOptions: acquisition }
  const scopes = known.filter(({ key, value }) => key === 'scopes' && value.trim() !== '')
  if (scopes.length > 0) draft.scopes = scopes.map(({ value }) => value)
  for (const parameter of known) {
    if (parameter.value === '') continue
    overrideCall(draft, parameter)
    overrideAcquisition(acquisition, parameter)
  }
  return draft
}

function overrideCall(draft: Draft<ApiOptions>, { key, name, value }: QueryParameter): void {
  const [group, ...rest] = name.split('.')
  const entry = rest.join('.')
  if (key === 'requestapptoken') draft.requestAppToken ||= isTrue(value)
  else if (key === 'relativepath') draft.relativePath = value
  else if (key === 'httpmethod') draft.httpMethod = value
  else if (key === 'contenttype') draft.contentType = value
  else if (key === 'acceptheader') draft.acceptHeader = value
  else if (entry !== '' && group?.toLowerCase() === 'extraheaderparameters') {
    draft.extraHeaderParameters = { ...draft.extraHeaderParameters, [entry]: value }
  } else if (entry !== '' && group?.toLowerCase() === 'extraqueryparameters') {
    draft.extraQueryParameters = { ...draft.extraQueryParameters, [entry]: value }
  }
}

function overrideAcquisition(draft: Draft<AcquireTokenOptions>, { key, value }: QueryParameter): void {
  if (!key.startsWith(acquisitionPrefix)) return
  const name = key.slice(acquisitionPrefix.length)
  if (name === 'tenant') draft.tenant = value
  else if (name === 'forcerefresh') draft.forceRefresh = isTrue(value)
  else if (name === 'claims') draft.claims = value
  else if (name === 'fmipath') draft.fmiPath = value
  else if (name === 'longrunningwebapisessionkey') draft.longRunningWebApiSessionKey = value
  else if (name === 'correlationid')
    draft.correlationId = guidPattern.test(value) ? value : draft.correlationId
  else draft.beyondStandIn ??= optionsBeyondStandIn.find(option => option.toLowerCase() === name)
}

function isTrue(value: string): boolean {
  return value.trim().toLowerCase() === 'true'
}
