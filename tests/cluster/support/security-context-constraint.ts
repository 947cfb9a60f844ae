import { expect, vi } from 'vitest'
import { kubectl } from './command.ts'
import type { Namespace } from './namespace.ts'

/** The first user id of the namespace's range, which is its group for volumes too. */
export const firstId = 1_000_660_000
const lastId = firstId + 9_999

const allowedVolumes =
  'configMap csi downwardAPI emptyDir ephemeral persistentVolumeClaim projected secret'.split(' ')

/** What OpenShift's SCC restricted-v2 demands of a pod, in CEL. `all` is each container, init containers included. */
const demands: Readonly<Record<string, string>> = {
  'runAsUser is not in the range of the namespace': `all(c, c.?securityContext.?runAsUser.orValue(variables.userOfPod) >= ${firstId} && c.?securityContext.?runAsUser.orValue(variables.userOfPod) <= ${lastId})`,
  'fsGroup is not the group of the namespace': `object.spec.?securityContext.?fsGroup.orValue(0) == ${firstId}`,
  'runAsNonRoot is not true': `all(c, c.?securityContext.?runAsNonRoot.orValue(object.spec.?securityContext.?runAsNonRoot.orValue(false)))`,
  'a container is privileged': 'all(c, !c.?securityContext.?privileged.orValue(false))',
  'privileges may be escalated': 'all(c, !c.?securityContext.?allowPrivilegeEscalation.orValue(true))',
  'capabilities are not dropped': `all(c, c.?securityContext.?capabilities.?drop.orValue([]).exists(name, name == 'ALL'))`,
  'capabilities are added': `all(c, c.?securityContext.?capabilities.?add.orValue([]).all(name, name == 'NET_BIND_SERVICE'))`,
  'the seccomp profile is not RuntimeDefault': `all(c, c.?securityContext.?seccompProfile.?type.orValue(object.spec.?securityContext.?seccompProfile.?type.orValue('')) == 'RuntimeDefault')`,
  'SELinux options are set':
    'all(c, !has(c.securityContext) || !has(c.securityContext.seLinuxOptions)) && (!has(object.spec.securityContext) || !has(object.spec.securityContext.seLinuxOptions))',
  'the host is shared':
    '!object.spec.?hostNetwork.orValue(false) && !object.spec.?hostPID.orValue(false) && !object.spec.?hostIPC.orValue(false)',
  'a port of the host is used': 'all(c, c.?ports.orValue([]).all(port, port.?hostPort.orValue(0) == 0))',
  'a volume has a type that is not allowed': `object.spec.?volumes.orValue([]).all(volume, ${allowedVolumes.map(type => `has(volume.${type})`).join(' || ')})`,
}

/**
 * Lets admission policies do in a namespace what the SCC restricted-v2 does: pods of the release `demo` without a user id get one of the
 * namespace's range, and group 0 with it; pods that demand more than the SCC allows are refused.
 */
export async function enforceConstraint({ name }: Namespace): Promise<AsyncDisposable> {
  const matchResources = {
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
    objectSelector: { matchLabels: { 'app.kubernetes.io/instance': 'demo' } },
  }
  const pods = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }
  const matchConstraints = { resourceRules: [pods] }
  const user = 'object.spec.?securityContext.?runAsUser'
  const mutating = {
    matchConstraints,
    failurePolicy: 'Fail',
    reinvocationPolicy: 'Never',
    matchConditions: [{ name: 'no-user-id', expression: `!${user}.hasValue()` }],
    mutations: [
      {
        patchType: 'ApplyConfiguration',
        applyConfiguration: {
          expression: `Object{spec: Object.spec{securityContext: Object.spec.securityContext{runAsUser: ${firstId}, fsGroup: ${firstId}}}}`,
        },
      },
    ],
  }
  const validating = {
    matchConstraints,
    failurePolicy: 'Fail',
    variables: [
      { name: 'containers', expression: 'object.spec.containers + object.spec.?initContainers.orValue([])' },
      { name: 'userOfPod', expression: `${user}.orValue(0)` },
    ],
    validations: Object.entries(demands).map(([message, demand]) => ({
      expression: demand.replaceAll(/\ball\(c,/g, 'variables.containers.all(c,'),
      message,
    })),
  }
  const binding = { policyName: name, matchResources }
  const objects = [
    { kind: 'MutatingAdmissionPolicy', spec: mutating },
    { kind: 'MutatingAdmissionPolicyBinding', spec: binding },
    { kind: 'ValidatingAdmissionPolicy', spec: validating },
    { kind: 'ValidatingAdmissionPolicyBinding', spec: { ...binding, validationActions: ['Deny'] } },
  ].map(object => ({ apiVersion: 'admissionregistration.k8s.io/v1', metadata: { name }, ...object }))
  const input = objects.map(object => JSON.stringify(object)).join('\n')
  await kubectl(['create', '-f', '-'], { input })
  // A policy works a moment after it is created.
  await vi.waitFor(async () => expect(await userGivenIn(name)).toBe(`${firstId}`), {
    timeout: 20_000,
    interval: 500,
  })
  return {
    async [Symbol.asyncDispose]() {
      await kubectl(['delete', '-f', '-', '--ignore-not-found'], { input })
    },
  }
}

/** The user id that a pod of the release would get that names none. */
function userGivenIn(namespace: string): Promise<string> {
  const securityContext = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } }
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'any', labels: { 'app.kubernetes.io/instance': 'demo' } },
    spec: {
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [{ name: 'any', image: 'any', securityContext }],
    },
  }
  const output = ['-o', 'jsonpath={.spec.securityContext.runAsUser}']
  const create = ['-n', namespace, 'create', '--dry-run=server', ...output, '-f', '-']
  return kubectl(create, { input: JSON.stringify(pod) })
}
