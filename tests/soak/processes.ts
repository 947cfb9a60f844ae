import { runIn } from '../cluster/support/in-container.ts'
import type { Namespace } from '../cluster/support/namespace.ts'

/** Resources of a process of the release at one time. */
export interface Sample {
  /** Milliseconds since 1970. */
  readonly at: number
  /** The container whose main process was sampled. */
  readonly container: string
  /** Pod, container and start time, by which processes are told apart. */
  readonly process: string
  readonly residentMiB: number
  readonly openFiles: number
  readonly sockets: number
}

const containers = { agent: ['agent', 'sidecar'], 'weather-api': ['weather-api'] } as const

const script = `
  import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
  const linkOf = file => { try { return readlinkSync('/proc/1/fd/' + file) } catch { return '' } }
  const links = readdirSync('/proc/1/fd').map(linkOf)
  const field = name => Number(new RegExp('^' + name + ':\\\\s+(\\\\d+)', 'm').exec(readFileSync('/proc/1/status', 'utf8'))[1])
  result = {
    started: readFileSync('/proc/1/stat', 'utf8').split(' ').at(21),
    residentMiB: field('VmRSS') / 1024,
    openFiles: links.length,
    sockets: links.filter(link => link.startsWith('socket:')).length,
  }`

type Figures = Pick<Sample, 'residentMiB' | 'openFiles' | 'sockets'> & { readonly started: string }

/** Samples every process of the release, except those that are just starting or ending. */
export async function sampleProcesses(namespace: Namespace): Promise<readonly Sample[]> {
  const samples: Sample[] = []
  for (const [component, names] of Object.entries(containers)) {
    for (const { metadata } of await namespace.pods(component)) {
      for (const container of names) {
        const pod = metadata.name
        const found = await runIn<Figures>(namespace, { pod, container, script }).catch(() => undefined)
        if (!found) continue
        const { started, ...held } = found
        samples.push({ at: Date.now(), container, process: `${pod}/${container}/${started}`, ...held })
      }
    }
  }
  return samples
}

export interface Slope {
  /** By how much the value changes in an hour. */
  readonly perHour: number
  /** Standard error of `perHour`. */
  readonly error: number
}

/**
 * The common slope of all processes by least squares, each with its own intercept.
 *
 * @returns `undefined` for too few samples
 */
export function fitSlope(
  points: readonly { readonly process: string; readonly at: number; readonly value: number }[],
): Slope | undefined {
  const groups = Map.groupBy(points, ({ process }) => process)
  let [squares, products, remainder] = [0, 0, 0]
  const centred = [...groups.values()].flatMap(group => {
    const hour = mean(group.map(({ at }) => at / 3_600_000))
    const level = mean(group.map(({ value }) => value))
    return group.map(({ at, value }) => ({ hours: at / 3_600_000 - hour, value: value - level }))
  })
  for (const { hours, value } of centred) {
    squares += hours * hours
    products += hours * value
  }
  const freedom = centred.length - groups.size - 1
  if (freedom < 3 || squares === 0) return undefined
  const perHour = products / squares
  for (const { hours, value } of centred) remainder += (value - perHour * hours) ** 2
  return { perHour, error: Math.sqrt(remainder / freedom / squares) }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
