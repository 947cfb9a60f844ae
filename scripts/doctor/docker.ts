import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

export interface RunningImage {
  /** The name that it was started with. */
  readonly name: string
  readonly architecture: string
}

const timeoutMs = 5_000

/** The image that Docker runs at this port, or without a network of its own; `undefined` if Docker does not tell. */
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
