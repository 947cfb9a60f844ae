import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

export interface RunningImage {
  /** As whoever started it named it. */
  readonly name: string
  readonly architecture: string
}

const timeoutMs = 5_000

/** What Docker runs on this machine at that port, or without one of its own; `undefined` where Docker cannot tell. */
export async function findRunningImage(
  isWanted: (name: string) => boolean,
  port: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<RunningImage | undefined> {
  const docker = async (...args: readonly string[]) => {
    const { stdout } = await promisify(execFile)('docker', args, { env, timeout: timeoutMs })
    return stdout.trim()
  }
  try {
    const containers = await docker('ps', '--format', '{{.Image}}\t{{.Ports}}')
    const [name] =
      containers
        .split('\n')
        .map(line => line.split('\t'))
        .find(([image = '', ports]) => isWanted(image) && (!ports || ports.includes(`:${port}->`))) ?? []
    if (!name) return undefined
    return { name, architecture: await docker('image', 'inspect', '--format', '{{.Architecture}}', name) }
  } catch {
    return undefined
  }
}
