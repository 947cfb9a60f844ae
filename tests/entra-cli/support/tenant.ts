import { beforeAll, beforeEach } from 'vitest'
import type { Entra } from '../../../emulators/entra/src/entra.ts'
import { FaultyGraph } from './faulty-graph.ts'
import { graphToken, startEmptyTenant, Workplace } from './workplace.ts'

/** An emulated tenant, and the command line at work on it. */
export interface Tenant {
  readonly entra: Entra
  readonly url: string
  /** Graph as the workplace sees it. */
  readonly graph: FaultyGraph
  /** Of Ada's, for Graph, with every permission of the set-up. */
  readonly token: string
  readonly workplace: Workplace
}

/** One tenant for all tests of a file; as it was at the start, with a workplace of its own, for each. */
export function useTenant(start = startEmptyTenant): Tenant {
  const tenant = {} as { -readonly [Key in keyof Tenant]: Tenant[Key] }
  beforeAll(async () => {
    const started = await start()
    const graph = new FaultyGraph(started.fetch)
    Object.assign(tenant, { entra: started.entra, url: started.url, graph, token: await graphToken(started) })
    return started.close
  })
  beforeEach(() => {
    tenant.entra.reset()
    tenant.graph.reset()
    tenant.workplace = newWorkplace(tenant)
    return () => tenant.workplace[Symbol.dispose]()
  })
  return tenant
}

/** Another workplace at the same tenant. */
export function newWorkplace({ url, token, graph }: Tenant): Workplace {
  return new Workplace(url, token, graph.fetch)
}
