import {
  CreatePodIdentityAssociationCommand,
  DeletePodIdentityAssociationCommand,
  DescribePodIdentityAssociationCommand,
  ListPodIdentityAssociationsCommand,
  UpdatePodIdentityAssociationCommand,
} from '@aws-sdk/client-eks'
import {
  AddClientIDToOpenIDConnectProviderCommand,
  CreateOpenIDConnectProviderCommand,
  CreateRoleCommand,
  DeleteOpenIDConnectProviderCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  GetOpenIDConnectProviderCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  ListOpenIDConnectProvidersCommand,
  PutRolePolicyCommand,
  RemoveClientIDFromOpenIDConnectProviderCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { type Account, ifThere } from './account.ts'
import type { Settings } from './options.ts'
import { allowModel, audience, trustPodIdentity, trustWebIdentity } from './policies.ts'

type Properties = Readonly<Record<string, unknown>>

/** One thing in the account as it should be, and how it is found, made, corrected and deleted. */
export interface Resource {
  /** Its name in the receipt. */
  readonly key: string
  readonly title: string
  /** One of somebody else is used as it is; it is not deleted then. */
  readonly isShared?: true
  /** Its properties as they are; `undefined` when it is not there. */
  find(): Promise<Properties | undefined>
  /** Its properties as they should be. What has to be there first is there. */
  desired(): Promise<Properties>
  create(desired: Properties): Promise<unknown>
  correct?(desired: Properties): Promise<unknown>
  remove(): Promise<unknown>
}

/** Everything that is wanted, in the order in which it is made. */
export function listResources(account: Account, settings: Settings): readonly Resource[] {
  const role = roleOf(account, settings)
  const policy = policyOf(account, settings)
  if (settings.way === 'podIdentity') return [role, policy, associationOf(account, settings)]
  const provider = new Provider(account, settings)
  return [
    providerOf(account, provider),
    audienceOf(account, provider),
    roleOf(account, settings, provider),
    policy,
  ]
}

export function roleArn({ id, partition }: Account, { roleName }: Settings): string {
  return `arn:${partition}:iam::${id}:role/${roleName}`
}

const tags = [{ Key: 'created-by', Value: 'entra-bedrock-agent' }]

/** The cluster’s OIDC provider in IAM, which names it by its URL, with or without the slash at its end. */
class Provider {
  readonly url: string
  readonly #account: Account

  constructor(account: Account, { issuer = '' }: Settings) {
    this.url = issuer
    this.#account = account
  }

  async find() {
    const { iam } = this.#account
    const wanted = withoutScheme(this.url)
    const { OpenIDConnectProviderList: all = [] } = await iam.send(new ListOpenIDConnectProvidersCommand({}))
    const arn = all.find(({ Arn }) => isSameIssuer(Arn?.split(':oidc-provider/')[1], wanted))?.Arn
    if (arn === undefined) return undefined
    const found = await iam.send(new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: arn }))
    return { arn, url: withoutScheme(found.Url ?? wanted), audiences: found.ClientIDList ?? [] }
  }

  /** As it is, or as it is going to be. */
  async expected(): Promise<{ readonly arn: string; readonly url: string }> {
    const { id, partition } = this.#account
    const url = withoutScheme(this.url)
    return (await this.find()) ?? { arn: `arn:${partition}:iam::${id}:oidc-provider/${url}`, url }
  }
}

function providerOf({ iam }: Account, provider: Provider): Resource {
  return {
    key: 'oidc-provider',
    title: 'OIDC provider of the cluster’s issuer',
    isShared: true,
    find: async () => ((await provider.find()) ? {} : undefined),
    desired: async () => ({}),
    create: async () =>
      iam.send(
        new CreateOpenIDConnectProviderCommand({
          Url: provider.url,
          ClientIDList: [audience],
          Tags: tags,
        }),
      ),
    remove: async () =>
      iam.send(
        new DeleteOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: (await provider.expected()).arn }),
      ),
  }
}

/** A provider of somebody else may lack the audience. */
function audienceOf({ iam }: Account, provider: Provider): Resource {
  const request = async () => ({
    OpenIDConnectProviderArn: (await provider.expected()).arn,
    ClientID: audience,
  })
  return {
    key: 'audience',
    title: `audience ${audience} of that provider`,
    isShared: true,
    find: async () => ((await provider.find())?.audiences.includes(audience) ? {} : undefined),
    desired: async () => ({}),
    create: async () => iam.send(new AddClientIDToOpenIDConnectProviderCommand(await request())),
    remove: async () => iam.send(new RemoveClientIDFromOpenIDConnectProviderCommand(await request())),
  }
}

function roleOf(account: Account, settings: Settings, provider?: Provider): Resource {
  const { iam } = account
  const RoleName = settings.roleName
  return {
    key: 'role',
    title: `role ${RoleName}`,
    async find() {
      const found = await ifThere(() => iam.send(new GetRoleCommand({ RoleName })))
      return found && { trust: parseDocument(found.Role?.AssumeRolePolicyDocument) }
    },
    desired: async () => ({
      trust: provider
        ? trustWebIdentity(await provider.expected(), settings)
        : trustPodIdentity(account, settings),
    }),
    create: ({ trust }) =>
      iam.send(
        new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: JSON.stringify(trust), Tags: tags }),
      ),
    correct: ({ trust }) =>
      iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: JSON.stringify(trust) })),
    remove: () => iam.send(new DeleteRoleCommand({ RoleName })),
  }
}

function policyOf(account: Account, settings: Settings): Resource {
  const { iam } = account
  const name = { RoleName: settings.roleName, PolicyName: 'bedrock' }
  const put = ({ document }: Properties) =>
    iam.send(new PutRolePolicyCommand({ ...name, PolicyDocument: JSON.stringify(document) }))
  return {
    key: 'policy',
    title: `its policy for ${settings.modelId}`,
    async find() {
      const found = await ifThere(() => iam.send(new GetRolePolicyCommand(name)))
      return found && { document: parseDocument(found.PolicyDocument) }
    },
    desired: async () => ({ document: await allowModel(account, settings) }),
    create: put,
    correct: put,
    remove: () => iam.send(new DeleteRolePolicyCommand(name)),
  }
}

function associationOf(account: Account, settings: Settings): Resource {
  const { eks } = account
  const { cluster: clusterName, namespace, serviceAccount } = settings
  const find = async () => {
    const { associations = [] } = await eks.send(
      new ListPodIdentityAssociationsCommand({ clusterName, namespace, serviceAccount }),
    )
    return associations[0]?.associationId
  }
  return {
    key: 'pod-identity-association',
    title: `pod identity association of ${namespace}:${serviceAccount} in ${clusterName}`,
    async find() {
      const associationId = await find()
      if (associationId === undefined) return undefined
      const { association } = await eks.send(
        new DescribePodIdentityAssociationCommand({ clusterName, associationId }),
      )
      return { roleArn: association?.roleArn }
    },
    desired: async () => ({ roleArn: roleArn(account, settings) }),
    create: () =>
      eks.send(
        new CreatePodIdentityAssociationCommand({
          clusterName,
          namespace,
          serviceAccount,
          roleArn: roleArn(account, settings),
        }),
      ),
    correct: async () =>
      eks.send(
        new UpdatePodIdentityAssociationCommand({
          clusterName,
          associationId: await find(),
          roleArn: roleArn(account, settings),
        }),
      ),
    remove: async () =>
      eks.send(new DeletePodIdentityAssociationCommand({ clusterName, associationId: await find() })),
  }
}

function withoutScheme(url: string): string {
  return url.replace(/^https:\/\//, '')
}

function isSameIssuer(one: string | undefined, other: string): boolean {
  return one?.replace(/\/$/, '') === other.replace(/\/$/, '')
}

/** IAM hands policies out URL-encoded. */
function parseDocument(text: string | undefined): unknown {
  return text === undefined ? undefined : JSON.parse(decodeURIComponent(text))
}
