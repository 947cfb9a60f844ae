import { existsSync } from 'node:fs'
import { join, type PlatformPath, relative, resolve, sep } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyPluginAsync } from 'fastify'
import { bridgeHeaders, pageHeaders } from './page-headers.ts'

/** The folder of the built page, relative to the sources. Bundles use CHAT_UI_DIR. */
const builtPageFolder = resolve(import.meta.dirname, '../../../chat-ui/dist')

const notBuiltHtml = `<!doctype html>
<html lang="en">
<title>The page is not built</title>
<h1>The page is not built</h1>
<p>Run <code>npm run build:page</code>, then load this page again. The API works without it: see <a href="/openapi.json">/openapi.json</a>.</p>
</html>
`

export interface PageRoutesOptions {
  readonly folder: string | undefined
  /** Entra's origin, where the page signs users in. */
  readonly authority: string
}

/** The chat page and the bridge page of its sign-in. Only files with a content hash in their name are cached without revalidation. */
export const pageRoutes: FastifyPluginAsync<PageRoutesOptions> = async (
  app,
  { folder = builtPageFolder, authority },
) => {
  const headers = pageHeaders(authority)
  await app.register(fastifyStatic, {
    root: folder,
    cacheControl: false,
    preCompressed: true,
    schemaHide: true,
    suppressWarning: true,
    setHeaders: (reply, path) => {
      if (noDocument.test(path)) reply.removeHeader('content-security-policy')
      reply.headers(headersOf(path, folder, headers))
    },
  })
  app.get('/', { schema: { hide: true } }, async (_request, reply) => {
    if (existsSync(join(folder, 'index.html'))) return reply.sendFile('index.html')
    return reply.headers(headers).type('text/html; charset=utf-8').send(notBuiltHtml)
  })
}

/** Names of documents; some are sent as their compressed copies. */
const document = /\.html(?:\.br|\.gz)?$/

/** Names of what no browser shows as a document. A policy, longer than some of these files, would have no effect on them. */
const noDocument = /\.(?:js|css|woff2)(?:\.br|\.gz)?$/

/** The headers of a file of the page, besides those of every response. */
export function headersOf(
  path: string,
  folder: string,
  headers: Readonly<Record<string, string>>,
  paths: Pick<PlatformPath, 'relative' | 'sep'> = { relative, sep },
): Readonly<Record<string, string>> {
  const [top] = paths.relative(folder, path).split(paths.sep)
  // The URL of the bridge page carries the code of a sign-in, so this page stays `no-store`.
  if (top === 'auth') return bridgeHeaders
  return {
    ...(document.test(path) ? headers : {}),
    'cache-control': top === 'assets' ? 'public, max-age=31536000, immutable' : 'no-cache',
  }
}
