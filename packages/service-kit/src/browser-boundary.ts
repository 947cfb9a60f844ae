import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'
import plugin from 'fastify-plugin'
import { readHostName } from './host-names.ts'
import { commonProblem } from './problems.ts'

export interface BrowserBoundaryOptions {
  /** As returned by `EnvironmentReader.hostNames`; `*` allows any host. */
  readonly allowedHosts: readonly string[]
  /** Whether to allow IP addresses, by which scrapers find pods. This is safe: DNS rebinding needs a name. Default: `false`. */
  readonly anyAddress?: boolean
  /** Routes without the check, such as probes. */
  readonly open?: readonly string[]
}

/**
 * Keeps pages of other sites from using this service through a visitor's browser, by DNS rebinding or by cross-site
 * requests. Routes that must not be without it declare a dependency on `browser-boundary`. https://www.w3.org/TR/fetch-metadata/
 */
export const guardBrowserBoundary = plugin<BrowserBoundaryOptions>(
  async (app, { allowedHosts, anyAddress = false, open = ['/livez', '/readyz'] }) => {
    const allowed = new Set(allowedHosts)
    const isAllowed = (host: string) => {
      const name = readHostName(host) ?? ''
      return allowed.has('*') || allowed.has(name) || (anyAddress && isIP(name.replace(/[[\]]/g, '')) !== 0)
    }
    app.addHook('onRequest', (request, _reply, done) => {
      if (open.includes(request.routeOptions.url ?? '')) return done()
      const host = hostOf(request)
      if (!isAllowed(host)) {
        throw commonProblem('HOST_NOT_ALLOWED', `This service does not answer by the name "${host}".`)
      }
      if (isCrossSite(request, host)) {
        throw commonProblem('CROSS_SITE_REQUEST', 'A page of another site sent this request.')
      }
      done()
    })
  },
  { name: 'browser-boundary', fastify: '5.x' },
)

/**
 * The host of a request. If the request's target is an absolute URL, its host takes precedence over the `Host` header
 * (https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2).
 */
function hostOf({ url, host }: FastifyRequest): string {
  return url.startsWith('/') ? host : (URL.parse(url)?.host ?? '')
}

function isCrossSite({ method, headers }: FastifyRequest, host: string): boolean {
  const { origin, 'sec-fetch-site': site = 'none' } = headers
  if (origin !== undefined && !isOriginOf(host, origin)) return true
  if (site === 'same-origin' || site === 'none') return false
  // From another site, the user may follow a link to the page, and Entra may redirect to it.
  const opensPage = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
  return !(method === 'GET' && opensPage)
}

/** Whether an origin has this host; schemes may differ, since a proxy may terminate TLS. */
function isOriginOf(host: string, origin: string): boolean {
  const page = URL.parse(origin)
  if (page === null || page.origin === 'null') return false
  return URL.parse(`${page.protocol}//${host}`)?.origin === page.origin
}
