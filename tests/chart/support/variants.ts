import { baseValues, merge, type RenderOptions, type Values } from './render.ts'

const role = 'arn:aws:iam::111122223333:role/agent'
const region = 'eu-central-1'

/** For each `sidecar.credential.type`, the other values of `sidecar.credential` that it needs. */
export const credentialValues: Readonly<Record<string, Values>> = {
  ProjectedToken: {},
  WorkloadIdentity: {},
  SignedAssertionFromManagedIdentity: {},
  KeyVault: { keyVault: { url: 'https://vault.vault.azure.net', certificateName: 'blueprint' } },
  CertificateFile: { certificateFile: { existingSecret: 'certificate', passwordKey: 'password' } },
  StoreWithThumbprint: {
    storeWithThumbprint: {
      thumbprint: '0123456789abcdef0123456789abcdef01234567',
      existingSecret: 'certificate',
    },
  },
  ClientSecret: { clientSecret: { existingSecret: 'blueprint' } },
}

/** For each `aws.auth`, the other values of `aws` that it needs. */
export const awsValues: Readonly<Record<string, Values>> = {
  none: {},
  webIdentity: { region, roleArn: role },
  irsa: { region, roleArn: role },
  podIdentity: { region },
  apiKey: { region, existingSecret: 'aws' },
  staticKeys: { region, existingSecret: 'aws' },
}

export function withCredential(type: string): Values {
  return merge(baseValues, { sidecar: { credential: { type, ...credentialValues[type] } } })
}

export function withAwsAuth(auth: string): Values {
  return merge(baseValues, { aws: { auth, ...awsValues[auth] } })
}

/** Complete values for alerts of the weather API. */
export function withAlerts(volume: Values): Values {
  return merge(baseValues, {
    approval: { existingSecret: 'agent-seal-keys' },
    weatherApi: { replicas: 1, alerts: { enabled: true, authContext: 'c1', volume } },
  })
}

const cloudValues = merge(baseValues, { aws: { roleArn: role } })

const onOpenShift = merge(baseValues, {
  entra: { spaAppId: 'dddddddd-0000-4000-8000-00000000000d' },
  route: { enabled: true, host: 'agent.apps.example.com' },
})

/** The variants of the chart that all general checks use. */
export const variants: Readonly<Record<string, RenderOptions>> = {
  'ci/default-values.yaml': { files: ['ci/default-values.yaml'] },
  'ci/everything-values.yaml': { files: ['ci/everything-values.yaml'] },
  'ci/trial-values.yaml': { files: ['ci/trial-values.yaml'] },
  'alerts on a new volume': { values: withAlerts({ size: '1Gi', storageClass: 'fast' }) },
  'values-aks.yaml': { files: ['values-aks.yaml'], values: cloudValues },
  'values-eks.yaml': { files: ['values-eks.yaml'], values: cloudValues },
  'values-gke.yaml': { files: ['values-gke.yaml'], values: cloudValues },
  'values-openshift.yaml': { files: ['values-openshift.yaml'], values: onOpenShift },
  ...Object.fromEntries(
    Object.keys(credentialValues).map(type => [`credential ${type}`, { values: withCredential(type) }]),
  ),
  ...Object.fromEntries(Object.keys(awsValues).map(auth => [`AWS ${auth}`, { values: withAwsAuth(auth) }])),
}
