import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { chromium } from 'playwright-core'
import { callsOf, requireControl, scopeOf, tenant } from './witness.mjs'

// The calls of msal-browser, in Chromium, on a page that the library’s own bundle is all of.
const library = join(
  dirname(createRequire(import.meta.url).resolve('@azure/msal-browser/package.json')),
  'lib/msal-browser.min.js',
)
const settings = {
  auth: {
    clientId: tenant.page,
    authority: `${tenant.authority}/${tenant.tenant}`,
    knownAuthorities: [new URL(tenant.authority).host],
    redirectUri: tenant.pageUri,
    postLogoutRedirectUri: tenant.pageUri,
  },
  cache: { cacheLocation: 'sessionStorage' },
}
const html = `<!doctype html><meta charset="utf-8"><title>Witness</title><script src="/msal.js"></script><script>
const client = new msal.PublicClientApplication(${JSON.stringify(settings)})
const ready = client.initialize().then(() => client.handleRedirectPromise())
const silent = request => client.acquireTokenSilent({ account: client.getAllAccounts()[0], ...request })
</script>`
const server = createServer((request, response) => {
  const isLibrary = request.url === '/msal.js'
  response.setHeader('content-type', isLibrary ? 'text/javascript' : 'text/html')
  response.end(isLibrary ? readFileSync(library) : html)
})
await new Promise(resolve => server.listen(new URL(tenant.pageUri).port, 'localhost', resolve))
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM_PATH, args: ['--no-sandbox'] })
const page = await browser.newPage({ ignoreHTTPSErrors: true })
page.setDefaultTimeout(15_000)

const scopes = [scopeOf('api', 'Use')]
/** Lets the page go to Entra, answers there, and waits until the page is back. */
async function visitEntra(start, request, answer) {
  requireControl()
  await page.evaluate(([method, argument]) => void client[method](argument), [start, request])
  await page.waitForURL(`${tenant.authority}/**`, { waitUntil: 'commit' }).catch(() => {})
  if (answer) await page.click(answer)
  await page.waitForURL(`${tenant.pageUri}**`)
  return page.evaluate(async () => (await ready)?.account.username ?? 'no answer')
}
const silently = request => {
  requireControl()
  return page.evaluate(async asked => `fromCache=${(await silent(asked)).fromCache}`, { scopes, ...request })
}

try {
  await page.goto(tenant.pageUri)
  await page.evaluate(() => ready)
  const call = callsOf('@azure/msal-browser')
  await call('loginRedirect, the page signs in, the code is redeemed', '{userName}', () =>
    visitEntra('loginRedirect', { scopes }, `button[value="${tenant.user}"]`),
  )
  await call('acquireTokenSilent from the cache', 'fromCache=true', () => silently())
  await call('acquireTokenSilent by refresh token (CORS)', 'fromCache=false', () =>
    silently({ forceRefresh: true }),
  )
  await call('a scope that nobody consented to: consent page, accept', '{userName}', () =>
    visitEntra(
      'acquireTokenRedirect',
      { scopes: [scopeOf('target', tenant.targetScope)], loginHint: tenant.userName },
      'button[name=consent]',
    ),
  )
  await call('logoutRedirect comes back', 'true', async () => {
    await visitEntra('logoutRedirect', {})
    return page.url().startsWith(tenant.pageUri)
  })
  await call(
    'after sign-out: silent asks for interaction',
    '/interaction_required|no_account|login_required|uninitialized/',
    () => silently(),
  )
} finally {
  await browser.close()
  server.close()
}
