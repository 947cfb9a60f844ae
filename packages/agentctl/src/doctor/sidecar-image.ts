import { execFile } from 'node:child_process'
import { arch } from 'node:os'
import { promisify } from 'node:util'
import { OnDemand, type ProblemError, type Variables } from '@entra-agents/service-kit'
import type { Check } from './finding.ts'
import { trouble } from './problems.ts'

/** Checks version and processor of the sidecar’s image, which the sidecar does not report, but Docker on this machine may. */
export function imageChecks(sidecarUrl: string, env: Variables, machine: string = arch()): readonly Check[] {
  const image = new OnDemand(() => findRunningImage(new URL(sidecarUrl).port, env))
  return [
    {
      name: 'sidecar version',
      needs: ['sidecar'],
      async run() {
        const running = await image.get()
        if (!running)
          return trouble(
            'NOT_CHECKED',
            'The sidecar does not tell its version, and Docker shows no container of it on this machine.',
            'Look at the tag of the image that you run (docker ps), or ask with --kube where it runs in a cluster.',
          )
        return judgeVersion(running.name) ?? `The sidecar is ${running.name}.`
      },
    },
    {
      name: 'sidecar image',
      async run() {
        const processor = machine === 'x64' ? 'amd64' : machine
        // Microsoft publishes images for amd64 only.
        const { architecture } = (await image.get()) ?? { architecture: 'amd64' }
        return architecture === processor
          ? `This machine is ${processor}, as the image is.`
          : trouble('SIDECAR_ARCHITECTURE', `This machine is ${processor}, the image ${architecture}.`)
      },
    },
  ]
}

const timeoutMs = 5_000

/** Name and architecture of a running sidecar's image, if its container publishes this port or no port; else `undefined`. */
async function findRunningImage(port: string, env: Variables) {
  const docker = async (...args: readonly string[]) => {
    const { stdout } = await promisify(execFile)('docker', args, { env, timeout: timeoutMs })
    return stdout.trim()
  }
  try {
    const containers = (await docker('ps', '--format', '{{.Image}}\t{{.Ports}}')).split('\n')
    const [name] =
      containers
        .map(line => line.split('\t'))
        .find(
          ([image = '', ports]) => image.includes('auth-sidecar') && (!ports || ports.includes(`:${port}->`)),
        ) ?? []
    if (!name) return undefined
    return { name, architecture: await docker('image', 'inspect', '--format', '{{.Architecture}}', name) }
  } catch {
    return undefined
  }
}

export function developmentProblem(): ProblemError {
  return trouble('SIDECAR_TOO_OPEN', 'The sidecar runs in Development: it takes requests from anywhere.')
}

/**
 * Checks the version in an image’s tag. Returns a warning below 1.1.2 or without a version; `undefined` if all is good.
 *
 * @throws {ProblemError} SIDECAR_TOO_OPEN below 1.1.0
 */
export function judgeVersion(image: string): ProblemError | undefined {
  const [found, major, minor, patch] = /auth-sidecar[:@](?:(\d+)\.(\d+)\.(\d+))?/.exec(image) ?? []
  if (found === undefined) return undefined
  if (major === undefined)
    return trouble('NOT_CHECKED', `${image} names no version.`, 'Run a tag that names 1.1.2 or newer.')
  const version = Number(major) * 10_000 + Number(minor) * 100 + Number(patch)
  if (version < 10_100) throw trouble('SIDECAR_TOO_OPEN', `${image} takes requests from anywhere.`)
  return version < 10_102
    ? trouble('SIDECAR_TOO_OPEN', `${image} takes requests by any host name.`)
    : undefined
}
