import { randomBytes } from 'node:crypto'
import { kubectl } from './command.ts'
import { Namespace } from './namespace.ts'
import { createPod, debianImage } from './pods.ts'

/** A volume in a folder of the node, for disposable clusters with one node and no StorageClass. */
export class NodeVolume implements AsyncDisposable {
  readonly claimName = 'alerts'
  readonly #name: string
  readonly #maker: Namespace

  private constructor(name: string, maker: Namespace) {
    this.#name = name
    this.#maker = maker
  }

  /** Makes a folder that every user may write, and a PersistentVolumeClaim for it in this namespace. */
  static async create(namespace: Namespace): Promise<NodeVolume> {
    const maker = await Namespace.create('volume', 'privileged')
    const name = `${namespace.name}-${randomBytes(3).toString('hex')}`
    const volume = new NodeVolume(name, maker)
    const hostPath = { path: `/var/tmp/${name}`, type: 'DirectoryOrCreate' }
    const container = {
      image: debianImage,
      command: ['chmod', '0777', '/folder'],
      volumeMounts: [{ name: 'folder', mountPath: '/folder' }],
    }
    const spec = { restartPolicy: 'Never', volumes: [{ name: 'folder', hostPath }] }
    await createPod(maker, 'folder', container, spec, 'jsonpath={.status.phase}=Succeeded')
    const shared = { accessModes: ['ReadWriteOnce'], storageClassName: '' }
    const claimRef = { namespace: namespace.name, name: volume.claimName }
    await namespace.create({
      ...{ apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name } },
      spec: { ...shared, capacity: { storage: '1Gi' }, hostPath, claimRef },
    })
    await namespace.create({
      ...{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: volume.claimName } },
      spec: { ...shared, volumeName: name, resources: { requests: { storage: '1Gi' } } },
    })
    return volume
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await kubectl(['delete', 'persistentvolume', this.#name, '--wait=false', '--ignore-not-found'])
    await this.#maker[Symbol.asyncDispose]()
  }
}
