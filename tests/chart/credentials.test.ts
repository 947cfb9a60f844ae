import { describe, expect, it } from 'vitest'
import { needs } from '../support/programs.ts'
import { baseValues, containersOf, merge, type Rendering, render, renderWith } from './support/render.ts'
import { awsValues, credentialValues, variants, withAwsAuth, withCredential } from './support/variants.ts'

needs('helm')

/** Audiences of the projected tokens that a container gets. */
function audiences(rendering: Rendering, container: string): readonly string[] {
  const mounts = rendering.container('demo-agent', container).volumeMounts ?? []
  return (rendering.pod('demo-agent').spec.volumes ?? [])
    .filter(volume => mounts.some(mount => mount.name === volume.name))
    .flatMap(volume => volume.projected?.sources ?? [])
    .flatMap(({ serviceAccountToken }) => serviceAccountToken?.audience ?? [])
}

/** Secrets that a container gets, as variables or files. */
function secrets(rendering: Rendering, container: string): readonly string[] {
  const { env = [], volumeMounts = [] } = rendering.container('demo-agent', container)
  const volumes = (rendering.pod('demo-agent').spec.volumes ?? []).filter(({ name }) =>
    volumeMounts.some(mount => mount.name === name),
  )
  return [
    ...env.flatMap(({ valueFrom }) => {
      const reference = valueFrom?.secretKeyRef
      return reference ? [`${reference.name}/${reference.key}`] : []
    }),
    ...volumes.flatMap(({ secret }) => secret?.items.map(item => `${secret.secretName}/${item.key}`) ?? []),
  ]
}

function credentialSettings(rendering: Rendering): Record<string, string> {
  const prefix = 'AzureAd__ClientCredentials__0__'
  const settings = Object.entries(rendering.settings('demo-agent', 'sidecar'))
  return Object.fromEntries(
    settings.flatMap(([name, value]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [],
    ),
  )
}

// biome-ignore format: table
const expectedCredentials = {
  ProjectedToken: { shown: 'federated', settings: { SourceType: 'SignedAssertionFilePath', SignedAssertionFileDiskPath: '/var/run/secrets/blueprint/token' }, tokens: ['api://AzureADTokenExchange'], secrets: [] },
  WorkloadIdentity: { shown: 'federated', settings: { SourceType: 'SignedAssertionFilePath' }, tokens: [], secrets: [] },
  SignedAssertionFromManagedIdentity: { shown: 'federated', settings: { SourceType: 'SignedAssertionFromManagedIdentity' }, tokens: [], secrets: [] },
  KeyVault: { shown: 'certificate', settings: { SourceType: 'KeyVault', KeyVaultUrl: 'https://vault.vault.azure.net', KeyVaultCertificateName: 'blueprint' }, tokens: [], secrets: [] },
  CertificateFile: {
    shown: 'certificate',
    settings: { SourceType: 'Path', CertificateDiskPath: '/var/run/secrets/blueprint/certificate.pfx' },
    tokens: [],
    secrets: ['certificate/password', 'certificate/certificate.pfx'],
  },
  StoreWithThumbprint: {
    shown: 'certificate',
    settings: {
      SourceType: 'StoreWithThumbprint',
      CertificateStorePath: 'CurrentUser/My',
      CertificateThumbprint: '0123456789ABCDEF0123456789ABCDEF01234567',
    },
    tokens: [],
    secrets: ['certificate/certificate.pfx'],
  },
  ClientSecret: { shown: 'secret', settings: { SourceType: 'ClientSecret' }, tokens: [], secrets: ['blueprint/BLUEPRINT_CLIENT_SECRET'] },
}

describe('The credential of the sidecar', () => {
  it.each(Object.entries(expectedCredentials))(
    'of type %s is in the sidecar alone, and the agent knows only the kind of credential',
    async (type, expected) => {
      const rendering = await render({ values: withCredential(type) })
      expect(credentialSettings(rendering)).toEqual(expected.settings)
      expect(rendering.settings('demo-agent', 'agent')).toMatchObject({
        BLUEPRINT_CREDENTIAL: expected.shown,
      })
      expect(audiences(rendering, 'sidecar')).toEqual(expected.tokens)
      expect(secrets(rendering, 'sidecar')).toEqual(expected.secrets)
      expect(audiences(rendering, 'agent')).toEqual([])
      expect(secrets(rendering, 'agent')).toEqual([])
    },
  )

  it('is tested for every type', () => {
    expect(Object.keys(expectedCredentials)).toEqual(Object.keys(credentialValues))
  })

  it('from the webhook of AKS names the blueprint, and the webhook skips the agent’s container', async () => {
    const rendering = await render({ values: withCredential('WorkloadIdentity') })
    const { metadata } = rendering.pod('demo-agent')
    expect(metadata.labels['azure.workload.identity/use']).toBe('true')
    expect(metadata.annotations?.['azure.workload.identity/skip-containers']).toBe('agent')
    expect(rendering.find('ServiceAccount', 'demo-agent').metadata.annotations).toEqual({
      'azure.workload.identity/client-id': baseValues.entra.blueprintAppId,
      'azure.workload.identity/tenant-id': baseValues.entra.tenantId,
    })
  })

  it('in a key vault is read by a managed identity, if one is named', async () => {
    const identity = '99999999-0000-4000-8000-000000000009'
    const values = merge(withCredential('KeyVault'), {
      sidecar: { credential: { keyVault: { managedIdentityClientId: identity } } },
    })
    const rendering = await render({ values })
    expect(rendering.pod('demo-agent').metadata.labels['azure.workload.identity/use']).toBe('true')
    expect(
      rendering.find('ServiceAccount', 'demo-agent').metadata.annotations?.[
        'azure.workload.identity/client-id'
      ],
    ).toBe(identity)
  })

  it('needs no webhook if it is a projected token', async () => {
    const { metadata } = (await render({ values: withCredential('ProjectedToken') })).pod('demo-agent')
    expect(Object.keys({ ...metadata.labels, ...metadata.annotations }).join()).not.toContain('azure')
  })

  it('from a certificate store is mounted below HOME, where .NET looks for certificates', async () => {
    const sidecar = (await render({ values: withCredential('StoreWithThumbprint') })).container(
      'demo-agent',
      'sidecar',
    )
    const home = sidecar.env?.find(({ name }) => name === 'HOME')?.value
    expect(sidecar.volumeMounts?.map(({ mountPath }) => mountPath)).toEqual([
      `${home}/.dotnet/corefx/cryptography/x509stores/my`,
    ])
  })
})

const expectedAws = {
  none: { settings: {}, tokens: [], secrets: [] },
  webIdentity: {
    settings: {
      AWS_REGION: 'eu-central-1',
      AWS_ROLE_ARN: 'arn:aws:iam::111122223333:role/agent',
      AWS_WEB_IDENTITY_TOKEN_FILE: '/var/run/secrets/aws/token',
    },
    tokens: ['sts.amazonaws.com'],
    secrets: [],
  },
  irsa: { settings: { AWS_REGION: 'eu-central-1' }, tokens: [], secrets: [] },
  podIdentity: { settings: { AWS_REGION: 'eu-central-1' }, tokens: [], secrets: [] },
  apiKey: { settings: { AWS_REGION: 'eu-central-1' }, tokens: [], secrets: ['aws/AWS_BEARER_TOKEN_BEDROCK'] },
  staticKeys: {
    settings: { AWS_REGION: 'eu-central-1' },
    tokens: [],
    secrets: ['aws/AWS_ACCESS_KEY_ID', 'aws/AWS_SECRET_ACCESS_KEY', 'aws/AWS_SESSION_TOKEN'],
  },
}

describe('The credential for AWS', () => {
  it.each(Object.entries(expectedAws))('of type %s is in the agent alone', async (auth, expected) => {
    const rendering = await render({ values: withAwsAuth(auth) })
    const settings = Object.entries(rendering.settings('demo-agent', 'agent'))
    expect(Object.fromEntries(settings.filter(([name]) => name.startsWith('AWS_')))).toEqual(
      expected.settings,
    )
    expect(audiences(rendering, 'agent')).toEqual(expected.tokens)
    expect(secrets(rendering, 'agent')).toEqual(expected.secrets)
    expect(audiences(rendering, 'sidecar')).toEqual(['api://AzureADTokenExchange'])
    expect(secrets(rendering, 'sidecar')).toEqual([])
  })

  it('is tested for every type', () => {
    expect(Object.keys(expectedAws)).toEqual(Object.keys(awsValues))
  })

  it.each(['irsa', 'podIdentity'])('of type %s is not injected into the sidecar', async auth => {
    const { metadata } = (await render({ values: withAwsAuth(auth) })).pod('demo-agent')
    expect(metadata.annotations?.['eks.amazonaws.com/skip-containers']).toBe('sidecar')
  })

  it('of type irsa names the role on the ServiceAccount', async () => {
    const rendering = await render({ values: withAwsAuth('irsa') })
    expect(rendering.find('ServiceAccount', 'demo-agent').metadata.annotations).toEqual({
      'eks.amazonaws.com/role-arn': 'arn:aws:iam::111122223333:role/agent',
    })
  })

  it('may lack a session token, which long-lived keys do not have', async () => {
    const { env } = (await render({ values: withAwsAuth('staticKeys') })).container('demo-agent', 'agent')
    const optional = env?.filter(({ valueFrom }) => valueFrom?.secretKeyRef?.optional).map(({ name }) => name)
    expect(optional).toEqual(['AWS_SESSION_TOKEN'])
  })
})

describe('Secrets', () => {
  it.each(Object.entries(variants))('are in no plain variable or ConfigMap: %s', async (_name, options) => {
    const rendering = await render(options)
    const variables = [...rendering.pods.values()].flatMap(containersOf).flatMap(({ env = [] }) => env)
    const plain = variables.flatMap(({ name, value }) => (value === undefined ? [] : name))
    const inMaps = rendering.ofKind('ConfigMap').flatMap(({ data }) => Object.keys(data ?? {}))
    expect(
      [...plain, ...inMaps].filter(name =>
        /secret$|secret_|password|access_key|bearer|session_token|headers/i.test(name),
      ),
    ).toEqual([])
  })

  it('are created by the chart if the values contain credentials, one Secret for each container', async () => {
    const rendering = await renderWith({
      sidecar: { credential: { type: 'ClientSecret', clientSecret: { value: 'one' } } },
      aws: {
        region: 'eu-central-1',
        auth: 'staticKeys',
        staticKeys: { accessKeyId: 'AKIA', secretAccessKey: 'two' },
      },
    })
    const made = rendering.ofKind('Secret').map(({ metadata, stringData }) => [metadata.name, stringData])
    expect(Object.fromEntries(made)).toEqual({
      'demo-sidecar': { BLUEPRINT_CLIENT_SECRET: 'one' },
      'demo-aws': { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'two' },
    })
    expect(secrets(rendering, 'sidecar')).toEqual(['demo-sidecar/BLUEPRINT_CLIENT_SECRET'])
    expect(secrets(rendering, 'agent')[0]).toBe('demo-aws/AWS_ACCESS_KEY_ID')
  })

  it.each(['values-aks.yaml', 'values-eks.yaml'])('are not needed with the values of %s', async file => {
    const rendering = await render(variants[file] ?? {})
    expect(rendering.ofKind('Secret')).toEqual([])
    expect([...secrets(rendering, 'agent'), ...secrets(rendering, 'sidecar')]).toEqual([])
  })
})
