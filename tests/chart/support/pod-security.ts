import type { Container, PodSpec, PodTemplate, SecurityContext } from '../../support/kubernetes.ts'
import { containersOf } from './render.ts'

const allowedVolumes = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
]

/** The demands of the level *restricted* on a container, by field. */
const demands: Readonly<Record<string, (context: SecurityContext, container: Container) => boolean>> = {
  privileged: ({ privileged }) => !privileged,
  allowPrivilegeEscalation: ({ allowPrivilegeEscalation }) => allowPrivilegeEscalation === false,
  'capabilities.drop': ({ capabilities }) => !!capabilities?.drop?.includes('ALL'),
  'capabilities.add': ({ capabilities }) => !capabilities?.add?.some(name => name !== 'NET_BIND_SERVICE'),
  runAsNonRoot: ({ runAsNonRoot }) => runAsNonRoot === true,
  runAsUser: ({ runAsUser }) => runAsUser !== 0,
  seccompProfile: ({ seccompProfile }) =>
    ['RuntimeDefault', 'Localhost'].includes(seccompProfile?.type ?? ''),
  hostPort: (_context, { ports }) => !ports?.some(({ hostPort }) => hostPort),
  'probe host': (_context, { startupProbe, livenessProbe, readinessProbe }) =>
    [startupProbe, livenessProbe, readinessProbe].every(probe => probe?.httpGet.host === undefined),
}

/** What the Pod Security level *restricted* refuses about a pod. */
export function podSecurityRefusals(pod: PodTemplate): readonly string[] {
  const ofContainers = containersOf(pod).flatMap(container => {
    const context = { ...pod.spec.securityContext, ...container.securityContext }
    const unmet = Object.entries(demands).filter(([_field, demand]) => !demand(context, container))
    return unmet.map(([field]) => `${container.name}: ${field}`)
  })
  return [...refusalsOfPod(pod.spec), ...ofContainers]
}

function refusalsOfPod(spec: PodSpec): readonly string[] {
  const shared = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter(field => spec[field])
  const volumes = (spec.volumes ?? []).flatMap(({ name, ...source }) =>
    Object.keys(source)
      .filter(type => !allowedVolumes.includes(type))
      .map(type => `volume ${name}: ${type}`),
  )
  return [...shared, ...volumes]
}
