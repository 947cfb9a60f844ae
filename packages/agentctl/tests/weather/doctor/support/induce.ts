import type { Inducement } from './causes.ts'
import type { Laptop, Variables } from './laptop.ts'

/** Starts everything afresh, but makes one thing wrong. Returns a token that Ada got when all was well. */
export async function induce(laptop: Laptop, inducement: Inducement, weather?: Variables): Promise<string> {
  const { sidecar = {}, podToken, refuse, change } = inducement
  const { cluster, entra, stack } = laptop
  const byPodToken = {
    AzureAd__ClientCredentials__0__SourceType: 'SignedAssertionFilePath',
    AzureAd__ClientCredentials__0__ClientSecret: undefined,
    AzureAd__ClientCredentials__0__SignedAssertionFileDiskPath: cluster.tokenFile,
  }
  const settings = sidecar === 'stopped' ? {} : sidecar
  await laptop.startAfresh({ ...(podToken && byPodToken), ...settings }, weather)
  const userToken = await laptop.token()
  if (sidecar === 'stopped') await stack.stop('sidecar')
  if (podToken === 'missing') await cluster.removeToken()
  else if (podToken) await cluster.project({ aud: 'api://AzureADTokenExchange', ...podToken })
  if (refuse) {
    const { leg, code } = refuse
    entra.faults.inject({ target: { leg }, fault: { kind: 'refuse', code } })
  }
  await change?.(laptop)
  return userToken
}
