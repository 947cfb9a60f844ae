import { beforeAll, beforeEach } from 'vitest'
import type { DirectoryContent } from '../../../emulators/entra/src/directory/objects.ts'
import type { Entra } from '../../../emulators/entra/src/entra.ts'
import { FaultyGraph } from './faulty-graph.ts'
import { applicationToken, graphToken, startEmptyTenant, Workplace } from './workplace.ts'

/** An emulated tenant, and the command line at work on it. */
export class Tenant {
  entra!: Entra
  url!: string
  /** The Graph that the workplace calls; tests can make its calls fail. */
  graph!: FaultyGraph
  /** Ada's token for Graph, with every permission of the set-up. */
  token!: string
  workplace!: Workplace

  readonly run: Workplace['run'] = (line, ...options) => this.workplace.run(line, ...options)
  readonly content = () => this.entra.directory.content
  /** The requests other than GET that the tenant received, such as `POST /v1.0/…`. */
  readonly writes = () =>
    this.entra.requests.all
      .filter(({ method }) => method !== 'GET')
      .map(({ method, path }) => `${method} ${path}`)
  /** The id that the receipt records. */
  readonly idOf = (key: string) => this.workplace.receipt.objects[key]?.id ?? `no ${key}`
}

/** One tenant for all tests of a file. It is reset before each test, and each test has a workplace of its own. */
export function useTenant(start = startEmptyTenant): Tenant {
  const tenant = new Tenant()
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

/**
 * The tenant of `useTenant` after one `apply`, which seems to be long ago; each test starts from that state.
 *
 * @param roles roles of an application that runs the commands; default: Ada runs them, with every permission of the set-up
 */
export function useSetUp(apply: string, roles?: readonly string[]): Tenant {
  const tenant = useTenant()
  let content: DirectoryContent
  let files: readonly string[]
  let token: string
  beforeAll(async () => {
    token = roles ? await applicationToken(tenant, roles) : tenant.token
    using workplace = newWorkplace(tenant)
    await workplace.run(apply)
    content = structuredClone(tenant.content())
    // Commands wait until Entra shows new objects, so the receipt's records are made to look old.
    files = workplace.save().map(text => text.replaceAll('"recordedAt": "2', '"recordedAt": "1'))
  })
  beforeEach(() => {
    Object.assign(tenant.content(), structuredClone(content))
    tenant.workplace.restore(files)
    tenant.workplace.useToken(token)
  })
  return tenant
}

/** Another workplace at the same tenant. */
export function newWorkplace({ url, token, graph }: Tenant): Workplace {
  return new Workplace(url, token, graph.fetch)
}
