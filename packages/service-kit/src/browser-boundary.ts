import { isIP } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { readHostName } from './host-names.ts'
import { commonProblem } from './problems.ts'

export interface BrowserBoundaryOptions {
  /** As `EnvironmentReader.hostNames` reads them; `*` stands for any host. */
  readonly allowedHosts: readonly string[]
  /** Also answer by any IP address, as for a scraper that finds pods: only a name can be rebound. Default: `false`. */
  readonly anyAddress?: boolean
  /** Routes that answer whatever name they are called by, such as probes. */
  readonly open?: readonly string[]
}

/**
 * Keeps pages of other sites from using this service through their visitor's browser: by a name of their own that
 * leads here (DNS rebinding), or by requests across sites. Call it before anything else adds hooks.
 * https://www.w3.org/TR/fetch-metadata/
 */
export function guardBrowserBoundary(
  app: FastifyInstance,
  { allowedHosts, anyAddress = false, open = ['/livez', '/readyz'] }: BrowserBoundaryOptions,
): void {
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
}

/** A full URL as the target of a request overrules its `Host` header. https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2 */
function hostOf({ url, host }: FastifyRequest): string {
  return url.startsWith('/') ? host : (URL.parse(url)?.host ?? '')
}

function isCrossSite({ method, headers }: FastifyRequest, host: string): boolean {
  const { origin, 'sec-fetch-site': site = 'none' } = headers
  if (origin !== undefined && !isOriginOf(host, origin)) return true
  if (site === 'same-origin' || site === 'none') return false
  // A link to the page, or Entra's way back to it.
  const opensPage = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
  return !(method === 'GET' && opensPage)
}

/** Whether a page of this origin came from this host, by whatever scheme: a proxy may have ended TLS. */
function isOriginOf(host: string, origin: string): boolean {
  const page = URL.parse(origin)
  if (page === null || page.origin === 'null') return false
  return URL.parse(`${page.protocol}//${host}`)?.origin === page.origin
}
