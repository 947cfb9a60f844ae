import { beforeAll, beforeEach } from 'vitest'
import type { Entra } from '../../../emulators/entra/src/entra.ts'
import { GraphProxy } from './graph-proxy.ts'
import { graphToken, startEmptyTenant, Workplace } from './workplace.ts'

/** An emulated tenant, and the command line at work on it. */
export interface Tenant {
  readonly entra: Entra
  readonly url: string
  /** Stands between the workplace and the tenant. */
  readonly proxy: GraphProxy
  /** Of Ada's, for Graph, with every permission of the set-up. */
  readonly token: string
  readonly workplace: Workplace
}

/** One tenant for all tests of a file; as it was at the start, with a workplace of its own, for each. */
export function useTenant(start = startEmptyTenant): Tenant {
  const tenant = {} as { -readonly [Key in keyof Tenant]: Tenant[Key] }
  beforeAll(async () => {
    const started = await start()
    const proxy = await GraphProxy.start(started.url)
    Object.assign(tenant, { entra: started.entra, url: started.url, proxy, token: await graphToken(started) })
    return async () => {
      await proxy[Symbol.asyncDispose]()
      await started.close()
    }
  })
  beforeEach(() => {
    tenant.entra.reset()
    tenant.proxy.reset()
    tenant.workplace = new Workplace(tenant.proxy.url, tenant.token)
    return () => tenant.workplace[Symbol.dispose]()
  })
  return tenant
}
