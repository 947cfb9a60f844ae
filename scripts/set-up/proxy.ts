/**
 * Imported by commands that run with `--use-env-proxy`: of Node 24 itself, fetch asks a proxy that breaks the connection again
 * and again, so that the command never ends. The fetch of later versions, which undici has, asks once.
 */
const isSet = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].some(name => process.env[name])
if (isSet) {
  const { EnvHttpProxyAgent, setGlobalDispatcher } = await import('undici')
  setGlobalDispatcher(new EnvHttpProxyAgent())
}

export {}
