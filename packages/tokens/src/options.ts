import { isGuid, loopbackHosts } from '@entra-agents/service-kit'
import type { AccessRules } from './access.ts'
import { type AllowedCaller, callerKinds, type Identity } from './caller.ts'
import { publicAuthority, type TokenRules } from './checks.ts'
import type { ProblemWords } from './problem-texts.ts'

/** One decision, for metrics, spans and logs: of the token it has ids only. */
export interface Decision {
  /** `OK`, the name of the failed check, or the problem's code if there was no token or nothing could be decided. */
  readonly outcome: string
  /** Whose token it was, if it was genuine. */
  readonly identity: Identity | undefined
  readonly durationMs: number
}

export interface ResourceServerOptions extends TokenRules, AccessRules {
  /** The API's name in challenges, in kebab-case: `tasks-api`. */
  readonly name: string
  /** The API's name for people, in its metadata. Default: `name`. */
  readonly title?: string
  /** The URL of the API as clients know it. If set, challenges point to its metadata (RFC 9728). */
  readonly resource?: string | undefined
  /** A file or an https URL with agents and tokens to refuse, read again and again. Default: none. */
  readonly denyList?: string | undefined
  /** Whether signatures are verified. Without, anybody can forge a token. Default: `true`. */
  readonly verifySignature?: boolean
  /** Prefix of the codes of problems. Default: made from the name, `TASKS_API`. */
  readonly codePrefix?: string
  /** The API's own texts for some problems, by their codes. */
  readonly problems?: Readonly<Record<string, ProblemWords>>
  /** Is told when keys or deny list cannot be fetched: a logger such as pino, or `console`. Default: none. */
  readonly log?: Log
  /** Is told each decision. */
  readonly onDecision?: (decision: Decision) => void
}

export type Log = Readonly<Record<'info' | 'warn' | 'error', (fields: object, message: string) => void>>

/** Options that have been checked, with their defaults. */
export type CheckedOptions = ResourceServerOptions & {
  readonly authority: string
  readonly codePrefix: string
}

const flows = [...new Set<string>(Object.values(callerKinds).map(({ flow }) => flow))]
const kebabCase = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/

/**
 * Checks what would let in nobody, or a stranger. Ids may have capitals and the authority a slash at its end, as people copy them;
 * tokens have neither.
 *
 * @throws {TypeError} with all faults
 */
export function checkOptions(options: ResourceServerOptions): CheckedOptions {
  const { name, tenantId, appId, callers = [], permissions = {} } = options
  const {
    authenticationContext: context,
    resource,
    tolerance = { start: 0, end: 0 },
    audiences = {},
  } = options
  const { authority = publicAuthority, codePrefix = String(name).toUpperCase().replaceAll('-', '_') } =
    options
  const ids = Array.isArray(callers) ? callers : []
  const demands = Object.entries(permissions)
  const faults = [
    !(typeof name === 'string' && kebabCase.test(name)) && `name must be in kebab-case, and is "${name}"`,
    !isGuid(tenantId) && `tenantId must be a GUID, and is "${tenantId}"`,
    !isGuid(appId) && `appId must be a GUID, and is "${appId}"`,
    !isSecure(authority) && `authority must be https, or http on loopback, and is "${authority}"`,
    callers !== 'any' && ids.length === 0 && "callers must be a list that is not empty, or 'any'",
    ...ids
      .flatMap(({ clientId, agentUserId = clientId }) => [clientId, agentUserId])
      .map(id => !isGuid(id) && `callers must have GUIDs; "${id}" is none`),
    demands.length === 0 && 'permissions must not be empty: nobody could call',
    ...demands.map(
      ([flow, names]) =>
        !(flows.includes(flow) && isPermission(names)) &&
        `permissions must name app roles or scopes for ${flows.join(', ')}; ${flow} is ${JSON.stringify(names)}`,
    ),
    context !== undefined &&
      !/^c[1-9]\d?$/.test(context) &&
      `authenticationContext is "${context}", not c1 to c99`,
    ![tolerance.start, tolerance.end].every(seconds => Number.isFinite(seconds) && seconds >= 0) &&
      `tolerance must have seconds as start and end, and is ${JSON.stringify(tolerance)}`,
    !Object.values(audiences).every(list => Array.isArray(list) && list.length > 0) &&
      `audiences must have lists that are not empty, and is ${JSON.stringify(audiences)}`,
    resource !== undefined &&
      !/^https?:$/.test(String(URL.parse(resource)?.protocol)) &&
      `resource must be an http or https URL, and is "${resource}"`,
  ].filter(fault => fault !== false)
  if (faults.length > 0) throw new TypeError(`${faults.join('. ')}.`)
  return {
    ...options,
    authority: authority.replace(/(?<!\/)\/+$/, ''),
    codePrefix,
    tenantId: tenantId.toLowerCase(),
    appId: appId.toLowerCase(),
    callers: callers === 'any' ? callers : callers.map(inSmallLetters),
  }
}

function isSecure(authority: string): boolean {
  const url = URL.parse(authority)
  if (!url) return false
  const { protocol, hostname, search, hash } = url
  const isTrusted = protocol === 'https:' || (protocol === 'http:' && loopbackHosts.includes(hostname))
  return isTrusted && search === '' && hash === ''
}

/** Whether these can be names of permissions: no token has an empty one, or one with spaces. */
function isPermission(names: unknown): boolean {
  const all = [names].flat()
  return all.length > 0 && all.every(name => typeof name === 'string' && /^\S+$/.test(name))
}

function inSmallLetters({ clientId, agentUserId, ...others }: AllowedCaller): AllowedCaller {
  return {
    ...others,
    clientId: clientId.toLowerCase(),
    ...(agentUserId === undefined ? {} : { agentUserId: agentUserId.toLowerCase() }),
  }
}
