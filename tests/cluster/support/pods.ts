import manifest from '../../../package.json' with { type: 'json' }
import type { Pod } from './kubernetes.ts'
import type { Namespace } from './namespace.ts'

/** The emulators' image, since it has Node. */
const ownImage = `ghcr.io/entra-bedrock-agent/emulators:${manifest.version}`
/** An image with a shell, for scripts that change the node. */
export const debianImage = 'node:24-trixie-slim'

export interface PodOptions {
  readonly name: string
  /** An ES module, in TypeScript or JavaScript. */
  readonly script: string
  readonly env?: Readonly<Record<string, string>>
}

/** Creates a pod of one container with the same name, without a ServiceAccount token, and waits until it is ready. */
export async function createPod(
  namespace: Namespace,
  name: string,
  container: object,
  spec: object = {},
  condition = 'condition=Ready',
): Promise<void> {
  await namespace.create({
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { app: name } } },
    spec: { automountServiceAccountToken: false, ...spec, containers: [{ name, ...container }] },
  })
  await namespace.waitFor(condition, `pod/${name}`)
}

/** Starts a pod that runs a script, with restricted security settings. */
export async function startPod(namespace: Namespace, { name, script, env = {} }: PodOptions): Promise<void> {
  const container = {
    image: ownImage,
    args: ['--input-type=module-typescript', '--eval', script],
    env: Object.entries(env).map(([variable, value]) => ({ name: variable, value })),
    securityContext: {
      ...{ runAsUser: 10001, runAsGroup: 10001, capabilities: { drop: ['ALL'] } },
      ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
    },
  }
  const securityContext = { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } }
  await createPod(namespace, name, container, { terminationGracePeriodSeconds: 60, securityContext })
}

/**
 * Starts a pod that takes the place of the internet: the node routes packets for these addresses to it. This changes the
 * node's routes, so it is only for disposable clusters with one node.
 */
export async function startOutsideWorld(
  namespace: Namespace,
  { addresses, ports }: { readonly addresses: readonly string[]; readonly ports: readonly number[] },
): Promise<void> {
  const serve = `for (const port of ${JSON.stringify(ports)}) require('node:net').createServer(s => s.destroy()).listen(port)`
  const setAddresses = addresses.map(address => `chroot /node ip address add ${address}/32 dev lo`)
  await startNodePod(namespace, 'outside', [...setAddresses, 'touch /tmp/done', `node -e "${serve}"`])
  const { status } = await namespace.get<Pod>('pod', 'outside')
  const setRoutes = addresses.map(
    address => `chroot /node ip route replace ${address}/32 via ${status.podIP}`,
  )
  await startNodePod(namespace, 'routes', [...setRoutes, 'touch /tmp/done', 'sleep infinity'], {
    hostNetwork: true,
  })
}

/** Starts a pod with NET_ADMIN that runs programs of the node; ready when its script has created /tmp/done. */
async function startNodePod(
  namespace: Namespace,
  name: string,
  commands: readonly string[],
  spec: { readonly hostNetwork?: true } = {},
): Promise<void> {
  const container = {
    image: debianImage,
    command: ['sh', '-ec', commands.join('\n')],
    securityContext: { capabilities: { add: ['NET_ADMIN'] } },
    readinessProbe: { exec: { command: ['test', '-e', '/tmp/done'] }, periodSeconds: 1 },
    volumeMounts: [{ name: 'node', mountPath: '/node', readOnly: true }],
  }
  const volumes = [{ name: 'node', hostPath: { path: '/' } }]
  await createPod(namespace, name, container, { ...spec, terminationGracePeriodSeconds: 0, volumes })
}
