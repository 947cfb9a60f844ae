import { parseJson } from '@entra-agents/service-kit'
import type { OutboundResponse } from '@entra-agents/service-kit/send'
import { Check, FlowName, redactText, strictObject } from '@entra-agents/trace'
import type { Attributes } from '@opentelemetry/api'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'

/** The reply to a request, in any protocol. */
export interface Reply {
  /** The HTTP status. */
  readonly status: number
  readonly body: unknown
  /** Further attributes of the call's span. */
  readonly attributes?: Attributes
}

/** A response of an API as far as the agent reads it; its body is the parsed JSON, or `undefined` if it is no JSON. */
export interface ApiResponse extends Reply {
  /** `WWW-Authenticate` */
  readonly challenge: string | undefined
}

/** What the agent reads of a response. */
export function readResponse({ status, headers, text }: OutboundResponse): ApiResponse {
  const challenge = headers['www-authenticate']
  return {
    status,
    challenge: Array.isArray(challenge) ? challenge.join(', ') : challenge,
    body: parseJson(text),
  }
}

const Guid = Type.String({ pattern: '^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$' })
/** A name of a check or a code, such as `audience`. Sentences must not match, since the trace would show them as the agent's own words. */
export const plainName = /^[A-Za-z][A-Za-z0-9_.-]{0,39}$/

/** The checks of TR that an API says it made. */
const ApiChecks = Type.Array(
  strictObject({ ...Check.properties, name: Type.String({ pattern: plainName.source }) }),
  { maxItems: 20 },
)

/** What an API that validates TR may say of TR, in the member `validated` of its response. */
const ApiValidation = Type.Object({
  flow: FlowName,
  caller: Guid,
  on_behalf_of: Type.Union([Guid, Type.Null()]),
  signature_verified: Type.Boolean(),
  checks: ApiChecks,
})
export type ApiValidation = Static<typeof ApiValidation>

/** The members of a problem document (RFC 9457) that the agent reads. */
const ApiProblem = Type.Object({
  code: Type.Optional(Type.String({ maxLength: 100 })),
  detail: Type.Optional(Type.String({ maxLength: 1_000 })),
  failedCheck: Type.Optional(Type.String({ maxLength: 100 })),
  suggestions: Type.Optional(Type.Array(Type.String({ maxLength: 200 }), { maxItems: 20 })),
})
export type ApiProblem = Static<typeof ApiProblem>

const compiledValidation = Compile(Type.Object({ validated: ApiValidation }))
const compiledProblem = Compile(ApiProblem)
const compiledRefusal = Compile(Type.Object({ checks: ApiChecks }))

/** What the API says of TR, if anything. */
export function readApiValidation(body: unknown): ApiValidation | undefined {
  return compiledValidation.Check(body) ? body.validated : undefined
}

/** What the API's problem document says; empty if the body is no problem document. */
export function readApiProblem(body: unknown): ApiProblem {
  if (!compiledProblem.Check(body)) return {}
  const { failedCheck, ...told } = body
  return failedCheck !== undefined && plainName.test(failedCheck) ? { ...told, failedCheck } : told
}

/**
 * The checks of TR by which an API refused it: the list that the API reports, all passed but the last, or else only the one
 * that it says failed. A list that contradicts itself or `failedCheck` is ignored.
 */
export function readFailedChecks(body: unknown): readonly Check[] {
  const { failedCheck } = readApiProblem(body)
  if (failedCheck === undefined) return []
  const checks = compiledRefusal.Check(body) ? body.checks : []
  const last = checks.at(-1)
  const isUnique = new Set(checks.map(({ name }) => name)).size === checks.length
  const isWhole = isUnique && last?.name === failedCheck && last === checks.find(({ ok }) => !ok)
  return isWhole ? checks : [{ name: failedCheck, ok: false }]
}

const shownFailureMembers = new Set(
  'code title detail failedCheck error error_description message'.split(' '),
)
const maxShownCharacters = 1_000

/**
 * What the trace shows of a response that is a failure: texts of problem documents (RFC 9457), of OAuth (RFC
 * 6749) and of JSON-RPC, each cut to a maximum length, and nothing that looks like a token.
 */
export function describeFailure(body: unknown): Readonly<Record<string, unknown>> {
  const { error } = Object(body) as { error?: unknown }
  const ofJsonRpc = typeof error === 'object' && error !== null ? { error: describeTexts(error) } : {}
  return { ...describeTexts(body), ...ofJsonRpc }
}

function describeTexts(body: unknown): Readonly<Record<string, string>> {
  const texts: [string, string][] = Object.entries(Object(body)).flatMap(([name, value]) =>
    shownFailureMembers.has(name) && typeof value === 'string'
      ? [[name, clip(redactText(value.slice(0, 2 * maxShownCharacters)))]]
      : [],
  )
  return Object.fromEntries(texts)
}

function clip(text: string): string {
  return text.length <= maxShownCharacters ? text : `${text.slice(0, maxShownCharacters - 1)}…`
}

/** The permissions that a challenge (RFC 6750) asks for, such as `Tasks.Read, Tasks.Write`; `undefined` if it names none. */
export function readDemandedScope(challenge: string | undefined): string | undefined {
  if (!challenge?.includes('error="insufficient_scope"')) return undefined
  const scope = /\bscope="([A-Za-z0-9._:/ -]{1,300})"/.exec(challenge)?.[1]?.trim()
  return scope ? scope.split(/ +/).join(', ') : undefined
}
