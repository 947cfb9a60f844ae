import { hostname } from 'node:os'
import { join } from 'node:path'
import { beforeAll, beforeEach, expect } from 'vitest'
import type { Entra } from '../../../../../emulators/entra/src/entra.ts'
import { permissions } from '../../../src/entra/objects/kinds.ts'
import { type Fate, FaultyGraph, type GraphCall } from './faulty-graph.ts'
import { Names } from './names.ts'
import { applicationToken, graphToken, startEmptyTenant, Workplace } from './workplace.ts'

/** A command line, or what happens between command lines. A text that it returns is shown. */
export type Step = string | (() => unknown)
export type Scenes = readonly (readonly [what: string, ...steps: Step[]])[]

/** An emulated tenant, and the command line at work on it. */
export class Tenant {
  entra!: Entra
  url!: string
  /** The Graph that the workplace calls; tests can make its calls fail. */
  graph!: FaultyGraph
  /** Ada's token for Graph, with every permission of the set-up. */
  token!: string
  workplace!: Workplace
  /** Brings tenant and workplace into the state in which each test begins. */
  begin!: () => void
  #names = new Names()

  /** Runs a command line, in which names of golden texts, such as `<set-up>`, stand for ids. */
  readonly run: Workplace['run'] = (line, ...options) =>
    this.workplace.run(this.#names.putIdsInto(line), ...options)
  readonly content = () => this.entra.directory.content
  /** The requests other than GET that the tenant received, such as `POST /v1.0/…`. */
  readonly writes = () =>
    this.entra.requests.all
      .filter(({ method }) => method !== 'GET')
      .map(({ method, path }) => `${method} ${path}`)
  /** The id that the receipt records. */
  readonly idOf = (key: string) => this.workplace.receipt.objects[key]?.id ?? `no ${key}`

  /** What the receipt records, sorted. */
  readonly recordedIds = () =>
    Object.entries(this.workplace.receipt.objects)
      .map(([key, { id }]) => `${key} ${id}`)
      .toSorted()

  /** The ids and secrets in `.env`. */
  readonly variablesOfSetUp = () =>
    Object.fromEntries(
      Object.entries(this.workplace.variables).filter(([name, value]) => /_ID|SECRET/.test(name) && value),
    )

  /** Tenant, receipt and `.env`, for `restore`. */
  readonly save = () => ({ content: structuredClone(this.content()), files: this.workplace.save() })

  restore({ content, files }: ReturnType<Tenant['save']>): void {
    Object.assign(this.content(), structuredClone(content))
    this.workplace.restore(files)
    this.graph.reset()
  }

  /** Command lines, run one after the other, as a user sees them, and the changes that each asked Graph for. */
  readonly show = async (...steps: readonly Step[]): Promise<string> => {
    const shown: string[] = []
    for (const line of steps) {
      this.#learnNames()
      if (typeof line !== 'string') {
        const text = await line()
        if (typeof text === 'string') shown.push(text)
        continue
      }
      const first = this.graph.calls.length
      const { output, said, code } = await this.run(line)
      const changes = this.graph.calls.slice(first).filter(({ method }) => method !== 'GET')
      const text = this.withNames(output)
      const isSideBySide = /^(disable|enable)/.test(line)
      const requests = changes.map(({ method, path }) => this.withNames(`→ ${method} ${path}`))
      const asked = isSideBySide ? requests.toSorted() : requests
      const seen = isSideBySide ? sortResults(text) : summarize(text)
      shown.push(
        [`$ ${line}`, seen, prefix('! ', said), ...asked, `exit code ${code}`].filter(Boolean).join('\n'),
      )
      this.#learnNames()
    }
    return this.withNames(shown.join('\n\n'))
  }

  /** A step: command lines that have to succeed, and that are not shown. */
  readonly quietly =
    (...lines: readonly string[]) =>
    async (): Promise<void> => {
      for (const line of lines) expect([line, await this.run(line)]).toMatchObject([line, { code: 0 }])
    }

  /** A step: Ada signs in without these permissions of the set-up, and with others. */
  readonly signInWithout =
    (unwanted: RegExp, ...others: readonly string[]) =>
    async (): Promise<void> => {
      const scopes = permissions.filter(one => !unwanted.test(one))
      this.workplace.useToken(await graphToken(this, [...scopes, ...others]))
    }

  /** A step: Graph then treats the calls that are meant so. */
  readonly treat = (fate: Fate, isMeant: (call: GraphCall) => boolean) => (): void => {
    this.graph.decide = call => (isMeant(call) ? fate : 'pass')
  }

  readonly expectNoReceipt = (): void => expect(this.workplace.hasReceipt).toBe(false)

  #remembered: unknown
  /** A step: remembers the objects of the tenant, for `expectRemembered`. */
  readonly remember = (): void => {
    this.#remembered = structuredClone(this.content())
  }
  readonly expectRemembered = (): void => expect(this.content()).toEqual(this.#remembered)

  /** Begins anew for each row, and expects its steps, below its name, to be seen as in the golden text. */
  readonly expectScenes = async (golden: string, rows: Scenes): Promise<void> => {
    const texts: string[] = []
    for (const [what, ...steps] of rows) {
      this.begin()
      try {
        texts.push(`${what}\n${prefix('    ', await this.show(...steps))}\n`)
      } catch (error) {
        throw Object.assign(error as Error, { message: `${what}: ${(error as Error).message}` })
      }
    }
    const file = join(import.meta.dirname, '../golden', `${golden}.txt`)
    await expect(texts.join('\n')).toMatchFileSnapshot(file)
  }

  /** The text with names in place of ids, folder and address. */
  readonly withNames = (text: string): string => {
    this.#learnNames()
    const { workplace, url } = this
    const local = text.replaceAll(workplace.folder, '<folder>').replaceAll(url, '<Graph>')
    return this.#names.replaceIn(local.replaceAll(` on ${hostname()}`, ' on <host>'))
  }

  #learnNames(): void {
    try {
      if (this.workplace.hasReceipt) this.#names.learn(this.workplace.receipt)
    } catch {
      // A test put something else in its place.
    }
  }
}

/** The output with a number in place of lines, one below the other, about objects that are as they should be. */
const summarize = (output: string) =>
  output.replaceAll(
    /^(keep|ok|unchanged) .*(\n\1 .*)*/gm,
    (lines, word) => `${word} × ${lines.split('\n').length}`,
  )

/** Agents are switched side by side, so requests and results come in any order. */
function sortResults(output: string): string {
  if (output.startsWith('{')) {
    const { results, ...head } = JSON.parse(output) as { readonly results: readonly object[] }
    const sorted = results.toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)))
    return JSON.stringify({ ...head, results: sorted }, undefined, 2)
  }
  const [results = '', ...texts] = output.split('\n\n')
  return [
    results
      .split(/\n(?=\S)/)
      .toSorted()
      .join('\n'),
    ...texts,
  ].join('\n\n')
}

const prefix = (mark: string, text: string) => text.replaceAll(/^(?=.)/gm, mark)

/** One tenant for all tests of a file. It is reset before each test, and each test has a workplace of its own. */
export function useTenant(start = startEmptyTenant): Tenant {
  const tenant = new Tenant()
  beforeAll(async () => {
    const started = await start()
    const graph = new FaultyGraph(started.fetch)
    Object.assign(tenant, { entra: started.entra, url: started.url, graph, token: await graphToken(started) })
    return started.close
  })
  tenant.begin = () => {
    tenant.entra.reset()
    tenant.graph.reset()
    tenant.workplace?.[Symbol.dispose]()
    tenant.workplace = newWorkplace(tenant)
  }
  beforeEach(() => {
    tenant.begin()
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
  const { begin } = tenant
  let state: ReturnType<Tenant['save']>
  let token: string
  beforeAll(async () => {
    token = roles ? await applicationToken(tenant, roles) : tenant.token
    begin()
    await tenant.run(apply)
    const { content, files } = tenant.save()
    // Commands wait until Entra shows new objects, so the receipt's records are made to look old.
    state = { content, files: files.map(text => text.replaceAll('"recordedAt": "2', '"recordedAt": "1')) }
  })
  tenant.begin = () => {
    begin()
    tenant.restore(state)
    tenant.workplace.useToken(token)
  }
  return tenant
}

/** Another workplace at the same tenant. */
export function newWorkplace({ url, token, graph }: Tenant): Workplace {
  return new Workplace(url, token, graph.fetch)
}
