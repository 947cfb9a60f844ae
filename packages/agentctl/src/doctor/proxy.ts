import { commonProblem, isProxied, proxyProblem, readProxy } from '@entra-agents/service-kit'
import { createSender, isSendError } from '@entra-agents/service-kit/send'
import type { Check } from './finding.ts'
import { trouble } from './problems.ts'

const limits = { timeoutMs: 5_000, maxBytes: 512 * 1024 }

/**
 * Whether the forward proxy of the environment, if there is one, leads to these addresses and does not replace their certificates.
 *
 * @param keysUrl the address of Entra's keys
 */
export function proxyChecks(keysUrl: string, others: readonly string[]): readonly Check[] {
  const proxy = readProxy()
  if (proxy === undefined) return []
  const proxied = [keysUrl, ...others].filter(url => isProxied(url, proxy))
  return [
    {
      name: 'proxy',
      async run() {
        if (proxied.length === 0)
          return trouble(
            'PROXY_NOT_HONOURED',
            'A proxy is set, but no call goes through it: all go to this machine, or where NO_PROXY names the host.',
            'Correct NO_PROXY, unless that is meant.',
          )
        const { send, close } = createSender({ connectTimeoutMs: limits.timeoutMs })
        try {
          for (const url of proxied)
            await send({ url, ...limits }).catch((error: unknown) => {
              // An API or AWS may send a web page itself: any response will do. But a page in place of Entra's keys is the proxy's.
              if (url !== keysUrl && isSendError(error) && error.status !== undefined) return
              const silent = `No response of ${new URL(url).host} by the proxy: ${(error as Error).message}`
              throw proxyProblem(error, url) ?? commonProblem('PROXY_UNAVAILABLE', silent)
            })
          return `The proxy leads to ${proxied.map(url => new URL(url).host).join(', ')}.`
        } finally {
          await close()
        }
      },
    },
  ]
}
