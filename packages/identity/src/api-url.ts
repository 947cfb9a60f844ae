import type { DownstreamApi } from './downstream-api.ts'

/**
 * The API that a URL belongs to: the one with the longest URL that the URL is equal to or below. Only this API gets the token.
 *
 * @throws {TypeError} if it belongs to none; no token has been asked for then
 */
export function findApi(url: URL, apis: readonly DownstreamApi[]): DownstreamApi {
  const [found] = apis
    .filter(api => isBelow(url, new URL(api.url)))
    .sort((one, other) => other.url.length - one.url.length)
  if (found && !leavesPath(url.pathname)) return found
  const known = apis.map(api => api.url).join(', ')
  throw new TypeError(
    `${url.origin} with this path is none of the APIs of this agent (${known}); no token was sent.`,
  )
}

function isBelow(url: URL, base: URL): boolean {
  const folder = base.pathname.endsWith('/') ? base.pathname : `${base.pathname}/`
  return url.origin === base.origin && `${url.pathname}/`.startsWith(folder)
}

/** How often a path may be encoded. */
const maxDecodings = 3

/** Whether a server that decodes the path, perhaps more than once, may find `..` in it. */
function leavesPath(path: string, decodings = 0): boolean {
  const decoded = path.replace(/%([0-9A-Fa-f]{2})/g, (_match, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  )
  if (decoded === path) return /(^|[/\\])\.\.([/\\;]|$)/.test(path)
  return decodings === maxDecodings || leavesPath(decoded, decodings + 1)
}
