import { ConfigurationError, type Variables } from '../environment.ts'
import { commonProblem, type commonProblems, type ProblemError } from '../problems.ts'

/** The forward proxy for calls to other servers. The members are the variables that Node's own `http.Agent` reads. */
export interface ProxySettings {
  readonly HTTP_PROXY?: string
  readonly HTTPS_PROXY?: string
  /** Hosts that are called directly; loopback is always among them. */
  readonly NO_PROXY: string
}

/**
 * The variables that name the proxy; lower-case forms take precedence. Without `HTTPS_PROXY`, `HTTP_PROXY` applies to https too.
 */
export const proxyVariables = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'] as const

const loopbackList = 'localhost,127.0.0.1,::1'

/** The proxy that the environment names; `undefined` where it names none. @throws {ConfigurationError} */
export function readProxy(env: Variables = process.env): ProxySettings | undefined {
  const [http, https, noProxy] = proxyVariables.map(name => env[name.toLowerCase()] || env[name])
  if (!http && !https) return undefined
  return {
    ...(http ? { HTTP_PROXY: readProxyUrl('HTTP_PROXY', http) } : {}),
    HTTPS_PROXY: readProxyUrl('HTTPS_PROXY', https || http || ''),
    NO_PROXY: noProxy ? `${noProxy},${loopbackList}` : loopbackList,
  }
}

/** Adds the scheme: many write a proxy as host and port alone. A fault does not repeat the text, which may have a password. */
function readProxyUrl(name: string, text: string): string {
  const proxy = text.includes('://') ? text : `http://${text}`
  if (/^https?:$/.test(URL.parse(proxy)?.protocol ?? '')) return proxy
  throw new ConfigurationError([
    `${name} must be the http or https URL of a proxy, such as http://proxy.example:8080.`,
  ])
}

/** Options by which Node's own `http.Agent` uses the proxy, for libraries that do not use `send`. */
export function proxyAgentOptions(): { readonly proxyEnv?: Record<string, string> } {
  const proxy = readProxy()
  return proxy === undefined ? {} : { proxyEnv: { ...proxy } }
}

/**
 * Whether a request goes through the proxy. As in undici, a host in `NO_PROXY` covers its subdomains too, with or without a
 * dot in front; `*.host` covers only subdomains, `*` covers all hosts; an entry with a port covers that port only.
 */
export function isProxied(url: string, { HTTP_PROXY, HTTPS_PROXY, NO_PROXY }: ProxySettings): boolean {
  const { protocol, hostname, port } = new URL(url)
  if (!(protocol === 'https:' ? HTTPS_PROXY : HTTP_PROXY)) return false
  const host = hostname.replace(/^\[|\]$|\.$/g, '')
  const ownPort = port || (protocol === 'https:' ? '443' : '80')
  return !NO_PROXY.toLowerCase()
    .split(/[\s,]+/)
    .some(entry => {
      const [, name = '', entryPort] =
        /^\[?(.*?)\]?(?::(\d+))?$/.exec(entry === '::1' ? '[::1]' : entry) ?? []
      if (name === '' || (entryPort !== undefined && entryPort !== ownPort)) return false
      return (
        name === '*' ||
        (name === host && !name.startsWith('*')) ||
        host.endsWith(`.${name.replace(/^\*?\./, '')}`)
      )
    })
}

/** The proxy does not accept a connection, or does not connect it to the host. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError'
  readonly code = 'PROXY_ERROR'
  /** HTTP status of the proxy's response, if there was one. */
  readonly status: number | undefined

  constructor(status: number | undefined, cause?: unknown) {
    super(status === undefined ? 'The proxy cannot be reached.' : `The proxy responded ${status}.`, { cause })
    this.status = status
  }
}

/**
 * Whether the proxy responded in place of the host. A proxy does so with a web page; the servers that are called here send
 * pages only as errors of their own (404, 5xx).
 */
export function isProxyPage(status: number, contentType: unknown): boolean {
  return status < 500 && status !== 404 && /^text\/html/i.test(String(contentType))
}

/** The problem of a call that threw this error, if the proxy was the cause. */
export function proxyProblem(
  error: unknown,
  url: string,
  proxy: ProxySettings | undefined = readProxy(),
): ProblemError | undefined {
  if (proxy === undefined || !isProxied(url, proxy)) return undefined
  const { host, protocol } = new URL(url)
  const address = new URL((protocol === 'https:' ? proxy.HTTPS_PROXY : proxy.HTTP_PROXY) ?? '')
  for (const failure of causesOf(error)) {
    const [code, does, status] = proxyFaultOf(failure) ?? []
    if (code === undefined) continue
    const upstream = { service: 'proxy', ...(status ? { status } : {}) }
    return commonProblem(code, `The proxy ${address.host} ${does?.replace('HOST', host)}.`, {
      upstream,
      cause: error,
    })
  }
  return undefined
}

type ProxyFault = readonly [code: keyof typeof commonProblems, does: string, status?: number]

/** Codes of failures to connect or to look up a name. In a call through a proxy they mean that the proxy cannot be reached. */
const unreachableCodes =
  /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT)$/
const untrustedCodes = /^(UNABLE_TO_|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED|CERT_UNTRUSTED|ERR_TLS_CERT)/

function proxyFaultOf(failure: Failure): ProxyFault | undefined {
  const { code = '', message = '' } = failure
  const isOfProxy = /^(PROXY_ERROR|ERR_PROXY_TUNNEL)$/.test(code) || /^Proxy (Auth|response)/.test(message)
  if (isOfProxy)
    return faultOfStatus(
      failure.status ?? failure.statusCode ?? Number(/\b[1-5]\d\d\b/.exec(message)?.[0] ?? 0),
    )
  if (unreachableCodes.test(code) || message.includes('did not establish a connection'))
    return faultOfStatus(0)
  return untrustedCodes.test(code)
    ? ['PROXY_BREAKS_TLS', `brings a certificate for HOST of no known authority (${code})`]
    : undefined
}

/** @param status of the proxy's response; 0 if there was no response */
function faultOfStatus(status: number): ProxyFault {
  if (status === 0) return ['PROXY_UNAVAILABLE', 'cannot be reached']
  if (status === 407) return ['PROXY_AUTHENTICATION_FAILED', 'responded 407', status]
  return status < 500
    ? ['PROXY_REFUSED', `does not lead to HOST (${status})`, status]
    : ['PROXY_UNAVAILABLE', `does not reach HOST (${status})`, status]
}

interface Failure {
  readonly code?: string
  readonly status?: number
  readonly statusCode?: number
  readonly message?: string
}

/** An error, the errors that it joins (`AggregateError`), its cause, and the errors and causes of each of these. */
function causesOf(error: unknown): readonly Failure[] {
  const { cause, errors = [] } = (error ?? {}) as { cause?: unknown; errors?: readonly unknown[] }
  const own = typeof error === 'object' && error !== null ? [error as Failure] : []
  return [
    ...own,
    ...errors.flatMap(causesOf),
    ...(cause === undefined || cause === error ? [] : causesOf(cause)),
  ]
}
