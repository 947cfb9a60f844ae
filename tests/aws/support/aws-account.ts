import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import {
  CreateOpenIDConnectProviderCommand,
  CreateRoleCommand,
  DeleteOpenIDConnectProviderCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListOpenIDConnectProvidersCommand,
  ListRolesCommand,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { ParameterError, renderTemplate } from '@entra-agents/agentctl/doctor/aws/template'
import { LocalServer } from '@entra-agents/service-kit/testing/local-server'
import { Moto } from './moto.ts'

const template = readFileSync(resolve(import.meta.dirname, '../../../k8s/federation/aws.yaml'), 'utf8')
const accountId = '123456789012'
const region = 'eu-central-1'
const keys = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
}

type Texts = Readonly<Record<string, string>>

interface Association {
  readonly ClusterName: string
  readonly Namespace: string
  readonly ServiceAccount: string
  readonly RoleArn: string
}

interface ProviderProperties {
  readonly Url: string
  readonly ClientIdList: string[]
}

interface StackCommand {
  readonly command: string
  readonly name: string
  readonly template?: string
  readonly overrides: readonly string[]
}

interface Stack {
  readonly parameters: Texts
  readonly outputs: Texts
  /** Functions that delete what the stack made, in the order in which to call them: what was made last goes first. */
  readonly remove: readonly (() => Promise<unknown>)[]
}

/** The template with its parameters filled in, for this account and region. */
export function fillTemplate(parameters: Texts) {
  const host = parameters['Issuer']?.slice('https://'.length)
  const { Resources: resources, Outputs } = renderTemplate(template, {
    'AWS::Partition': 'aws',
    'AWS::Region': region,
    'AWS::AccountId': accountId,
    Provider: `arn:aws:iam::${accountId}:oidc-provider/${host}`,
    'Role.Arn': `arn:aws:iam::${accountId}:role/${parameters['RoleName'] ?? 'entra-bedrock-agent'}`,
    ...parameters,
  })
  const outputs = Object.entries(Outputs).map(([name, { Value }]) => [name, String(Value)] as const)
  return { resources, outputs: Object.fromEntries<string>(outputs) }
}

function roleOf(resources: ReturnType<typeof fillTemplate>['resources']) {
  return resources['Role']?.Properties as unknown as {
    readonly RoleName: string
    readonly AssumeRolePolicyDocument: unknown
    readonly Policies: readonly { readonly PolicyName: string; readonly PolicyDocument: unknown }[]
  }
}

const textOf = (policy: unknown) => (typeof policy === 'string' ? policy : JSON.stringify(policy))

/**
 * An AWS account. moto emulates IAM; this class emulates Pod Identity associations and the template's stacks. It makes a
 * stack's IAM objects in moto by API calls, since moto's own stacks would be incomplete.
 */
export class AwsAccount implements AsyncDisposable {
  readonly stacks = new Map<string, Stack>()
  readonly #moto: Moto
  readonly #server = new LocalServer((request, response) => void this.#respond(request, response))
  #associations: (Association & { readonly id: string })[] = []

  private constructor(moto: Moto) {
    this.#moto = moto
  }

  static async start(): Promise<AwsAccount> {
    const account = new AwsAccount(await Moto.start())
    await account.#server.start()
    return account
  }

  get environment(): Texts {
    return {
      AWS_ENDPOINT_URL: this.#server.url,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      AWS_MAX_ATTEMPTS: '1',
    }
  }

  get iam(): IAMClient {
    return new IAMClient({ endpoint: this.#moto.url, region, credentials: keys })
  }

  get associations(): readonly Association[] {
    return this.#associations.map(({ id: _id, ...association }) => association)
  }

  /** What `aws cloudformation deploy` does: parameters that are not given stay as they are. */
  async deploy(name: string, overrides: Texts): Promise<Stack> {
    const { iam } = this
    const before = this.stacks.get(name)
    const parameters = { ...before?.parameters, ...overrides }
    const unknown = Object.keys(overrides).filter(
      name => !template.includes(`\n  ${name}:\n    Type: String\n`),
    )
    if (unknown.length > 0) throw new ParameterError(`Parameters: [${unknown}] do not exist in the template`)
    const { resources, outputs } = fillTemplate(parameters)
    const remove = [...(before?.remove ?? [])]
    const provider = resources['Provider']?.Properties as ProviderProperties | undefined
    if (provider && !before) {
      const { Url, ClientIdList: ClientIDList } = provider
      const { OpenIDConnectProviderArn } = await iam.send(
        new CreateOpenIDConnectProviderCommand({ Url, ClientIDList }),
      )
      remove.unshift(() => iam.send(new DeleteOpenIDConnectProviderCommand({ OpenIDConnectProviderArn })))
    }
    const { RoleName, AssumeRolePolicyDocument, Policies } = roleOf(resources)
    const trust = textOf(AssumeRolePolicyDocument)
    if (before) await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: trust }))
    else {
      await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust }))
      remove.unshift(() => iam.send(new DeleteRoleCommand({ RoleName })))
    }
    for (const { PolicyName, PolicyDocument: document } of Policies) {
      const PolicyDocument = textOf(document)
      await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument }))
      if (!before) remove.unshift(() => iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName })))
    }
    const association = resources['Association']?.Properties as unknown as Association | undefined
    if (association) {
      const made = { ...association, id: `a-${randomUUID()}` }
      this.#associations.push(made)
      remove.unshift(async () => {
        this.#associations = this.#associations.filter(known => known !== made)
      })
    }
    const stack = { parameters, outputs, remove }
    this.stacks.set(name, stack)
    return stack
  }

  async deleteStack(name: string): Promise<void> {
    for (const remove of this.stacks.get(name)?.remove ?? []) await remove()
    this.stacks.delete(name)
  }

  /** Everything in the account, by name. */
  async contents(): Promise<readonly (string | undefined)[]> {
    const { Roles = [] } = await this.iam.send(new ListRolesCommand({}))
    const { OpenIDConnectProviderList = [] } = await this.iam.send(new ListOpenIDConnectProvidersCommand({}))
    return [
      ...Roles.map(({ RoleName }) => RoleName),
      ...OpenIDConnectProviderList.map(({ Arn }) => Arn),
      ...this.#associations.map(({ ServiceAccount }) => ServiceAccount),
    ]
  }

  /** Who may assume a role. */
  async trustPolicy(RoleName: string) {
    const { Role } = await this.iam.send(new GetRoleCommand({ RoleName }))
    return JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ''))
  }

  /** What a role may do with Bedrock. */
  async modelPolicy(RoleName: string) {
    const name = { RoleName, PolicyName: 'bedrock' }
    const { PolicyDocument = '' } = await this.iam.send(new GetRolePolicyCommand(name))
    return JSON.parse(decodeURIComponent(PolicyDocument))
  }

  async reset(): Promise<void> {
    await this.#moto.reset()
    this.#associations = []
    this.stacks.clear()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close()
    await this.#moto[Symbol.asyncDispose]()
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request)
    if (request.url === '/stacks') return this.#serveStacks(JSON.parse(body), response)
    const path = /^\/clusters\/([^/?]+)\/pod-identity-associations(?:\/([^/?]+))?/.exec(request.url ?? '')
    if (path) this.#tellAssociations(path[1], path[2], response)
    else {
      const { authorization = '' } = request.headers
      const headers = { 'content-type': 'application/x-www-form-urlencoded', authorization }
      const answer = await fetch(this.#moto.url, { method: 'POST', body, headers })
      response.writeHead(answer.status, { 'content-type': 'text/xml' }).end(await answer.text())
    }
  }

  /** Responds to the guides' `aws cloudformation` commands. */
  async #serveStacks(typed: StackCommand, response: ServerResponse): Promise<void> {
    const { command, name, template: given, overrides } = typed
    try {
      if (command === 'cloudformation deploy') {
        if (given !== template) throw new ParameterError('That is another template.')
        await this.deploy(name, Object.fromEntries(overrides.map(one => one.split(/=(.*)/s))))
      }
      if (command === 'cloudformation delete-stack') await this.deleteStack(name)
      response.end(JSON.stringify(this.stacks.get(name)?.outputs ?? {}))
    } catch (error) {
      response.writeHead(400).end((error as Error).message)
    }
  }

  #tellAssociations(cluster: string | undefined, id: string | undefined, response: ServerResponse): void {
    const found = this.#associations
      .filter(({ ClusterName, id: own }) => ClusterName === cluster && own === (id ?? own))
      .map(({ id, RoleArn }) => ({ associationId: id, roleArn: RoleArn }))
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(id === undefined ? { associations: found } : { association: found[0] }))
  }
}
