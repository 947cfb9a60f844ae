import { existsSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyPluginAsync } from 'fastify'
import { bridgeHeaders } from './security-headers.ts'

/** Where `npm run build:page` puts the page, seen from the sources. A bundle is told by CHAT_UI_DIR. */
const builtPage = resolve(import.meta.dirname, '../../../chat-ui/dist')

const notBuilt = `<!doctype html>
<html lang="en">
<title>The page is not built</title>
<h1>The page is not built</h1>
<p>Run <code>npm run build:page</code>, then load this page again. The API works without it: see <a href="/openapi.json">/openapi.json</a>.</p>
</html>
`

/** The chat page and the bridge page of its sign-in. Nothing is cached unasked but files named by their content. */
export const pageRoutes: FastifyPluginAsync<{ readonly folder: string | undefined }> = async (
  app,
  { folder = builtPage },
) => {
  await app.register(fastifyStatic, {
    root: folder,
    cacheControl: false,
    preCompressed: true,
    schemaHide: true,
    suppressWarning: true,
    setHeaders: (reply, path) => {
      reply.header('cache-control', cacheControlOf(relative(folder, path)))
    },
  })
  app.get('/', { schema: { hide: true } }, async (_request, reply) => {
    if (existsSync(join(folder, 'index.html'))) return reply.sendFile('index.html')
    return reply.type('text/html; charset=utf-8').header('cache-control', 'no-store').send(notBuilt)
  })
  app.get('/auth/redirect.html', { schema: { hide: true }, helmet: bridgeHeaders }, async (_request, reply) =>
    reply.sendFile('auth/redirect.html'),
  )
}

function cacheControlOf(path: string): string {
  if (path.startsWith('assets/')) return 'public, max-age=31536000, immutable'
  // The address of the bridge page carries the code of a sign-in.
  return path.startsWith('auth/') ? 'no-store' : 'no-cache'
}
