import { arch } from 'node:os'
import type { ProblemError } from '@entra-bedrock-agent/service-kit'
import { findRunningImage } from './docker.ts'
import type { Check } from './finding.ts'
import { trouble } from './problems.ts'

/** Checks version and processor of the sidecar’s image, as far as Docker on this machine tells; the sidecar itself does not. */
export function imageChecks(
  sidecarUrl: string,
  env: Readonly<Record<string, string | undefined>>,
  machine: string = arch(),
): readonly Check[] {
  let asked: ReturnType<typeof findRunningImage> | undefined
  const image = () => {
    asked ??= findRunningImage(name => name.includes('auth-sidecar'), new URL(sidecarUrl).port, env)
    return asked
  }
  return [
    {
      name: 'sidecar version',
      needs: ['sidecar'],
      async run() {
        const running = await image()
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
        const { architecture } = (await image()) ?? { architecture: 'amd64' }
        return architecture === processor
          ? `This machine is ${processor}, as the image is.`
          : trouble('SIDECAR_ARCHITECTURE', `This machine is ${processor}, the image ${architecture}.`)
      },
    },
  ]
}

/**
 * Checks the version in an image’s tag; returns a warning.
 *
 * @throws the ProblemError that is a failure
 */
export function judgeVersion(image: string): ProblemError | undefined {
  const [, major, minor, patch] = /auth-sidecar:(\d+)\.(\d+)\.(\d+)/.exec(image) ?? []
  if (major === undefined) return undefined
  const version = Number(major) * 10_000 + Number(minor) * 100 + Number(patch)
  if (version < 10_100) throw trouble('SIDECAR_TOO_OPEN', `${image} takes requests from anywhere.`)
  return version < 10_102
    ? trouble('SIDECAR_TOO_OPEN', `${image} takes requests by any host name.`)
    : undefined
}
