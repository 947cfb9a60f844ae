import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { Moto } from './moto.ts'

/** What moto has not got: the issuer of EKS clusters, Pod Identity associations, and Bedrock’s inference profiles. */
interface Association {
  readonly associationId: string
  readonly clusterName: string
  readonly namespace: string
  readonly serviceAccount: string
  roleArn: string
}

const refusals = {
  ResourceNotFoundException: 404,
  AccessDeniedException: 403,
} as const

/** An AWS account: IAM and STS by moto, the rest by hand. It knows who wrote what. */
export class AwsAccount implements AsyncDisposable {
  /** IAM actions, and methods with paths, in their order. */
  readonly requests: string[] = []
  /** Cuts the connection when this many requests that change something have come. */
  breaksAfterWrites = Number.POSITIVE_INFINITY
  /** An IAM action or path that is refused. */
  denied: string | undefined
  readonly #moto: Moto
  readonly #server: Server
  #associations: Association[] = []

  private constructor(moto: Moto) {
    this.#moto = moto
    this.#server = createServer((request, response) => void this.#respond(request, response))
  }

  static async start(): Promise<AwsAccount> {
    const account = new AwsAccount(await Moto.start())
    await new Promise<void>(listening => account.#server.listen(0, '127.0.0.1', listening))
    return account
  }

  get environment(): Readonly<Record<string, string>> {
    const { port } = this.#server.address() as AddressInfo
    return {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      AWS_MAX_ATTEMPTS: '1',
    }
  }

  /** Requests that changed something. */
  get writes(): readonly string[] {
    return this.requests.filter(isWrite)
  }

  get associations(): readonly Association[] {
    return this.#associations
  }

  async reset(): Promise<void> {
    await this.#moto.reset()
    this.#associations = []
    this.requests.length = 0
    this.breaksAfterWrites = Number.POSITIVE_INFINITY
    this.denied = undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(closed => this.#server.close(closed))
    await this.#moto[Symbol.asyncDispose]()
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request
    const body = await text(request)
    const form = new URLSearchParams(body)
    const action = form.get('Action')
    const what = action ?? `${method} ${url}`
    this.requests.push(what)
    if (what === this.denied) sendRefusal(response, 'AccessDeniedException', action !== null)
    else if (action) await this.#forward(request.headers.authorization ?? '', form, response)
    else this.#respondAlone(method, new URL(url, 'http://aws'), body, response)
  }

  /** The account has done what it was asked for, and the connection breaks before anybody knows. */
  async #forward(authorization: string, form: URLSearchParams, response: ServerResponse): Promise<void> {
    const audience = form.get('ClientID')
    const { status, body } = audience
      ? await this.#changeAudiences(authorization, form, audience)
      : await this.#askMoto(authorization, form)
    if (this.writes.length >= this.breaksAfterWrites) response.destroy()
    else response.writeHead(status, { 'content-type': 'text/xml' }).end(body)
  }

  async #askMoto(authorization: string, form: URLSearchParams) {
    const headers = { 'content-type': 'application/x-www-form-urlencoded', authorization }
    const response = await fetch(this.#moto.url, { method: 'POST', body: form.toString(), headers })
    return { status: response.status, body: await response.text() }
  }

  /** moto can make and delete OIDC providers, but not change their audiences. */
  async #changeAudiences(authorization: string, form: URLSearchParams, audience: string) {
    const call = (Action: string, parameters: Readonly<Record<string, string>>) =>
      this.#askMoto(authorization, new URLSearchParams({ Action, Version: '2010-05-08', ...parameters }))
    const OpenIDConnectProviderArn = form.get('OpenIDConnectProviderArn') ?? ''
    const { body } = await call('GetOpenIDConnectProvider', { OpenIDConnectProviderArn })
    const listed = /<ClientIDList>(.*?)<\/ClientIDList>/s.exec(body)?.[1] ?? ''
    const others = [...listed.matchAll(/<member>(.*?)<\/member>/g)].flatMap(([, one]) =>
      one && one !== audience ? [one] : [],
    )
    const audiences = form.get('Action')?.startsWith('Add') ? [...others, audience] : others
    await call('DeleteOpenIDConnectProvider', { OpenIDConnectProviderArn })
    return call('CreateOpenIDConnectProvider', {
      Url: `https://${OpenIDConnectProviderArn.split(':oidc-provider/')[1]}`,
      ...Object.fromEntries(audiences.map((one, index) => [`ClientIDList.member.${index + 1}`, one])),
    })
  }

  #respondAlone(method: string, url: URL, body: string, response: ServerResponse): void {
    const path = decodeURIComponent(url.pathname)
    const profile = /^\/inference-profiles\/(.+)$/.exec(path)?.[1]
    const cluster = /^\/clusters\/prod(\/pod-identity-associations)?(?:\/([^/]+))?$/.exec(path)
    if (profile) sendJson(response, describeProfile(profile))
    else if (cluster === null) sendRefusal(response, 'ResourceNotFoundException', false)
    else if (cluster[1] === undefined)
      sendJson(response, { cluster: { identity: { oidc: { issuer: eksIssuer } } } })
    else if (cluster[2] === undefined) sendJson(response, this.#listOrCreate(method, url, body))
    else sendJson(response, { association: this.#describeOrChange(method, cluster[2], body) })
  }

  #listOrCreate(method: string, { searchParams }: URL, body: string) {
    if (method === 'POST') {
      const association = { ...JSON.parse(body), clusterName: 'prod', associationId: `a-${randomUUID()}` }
      this.#associations.push(association)
      return { association }
    }
    const wanted = ['namespace', 'serviceAccount'] as const
    return {
      associations: this.#associations.filter(known =>
        wanted.every(name => known[name] === searchParams.get(name)),
      ),
    }
  }

  #describeOrChange(method: string, id: string, body: string): Association | undefined {
    const association = this.#associations.find(({ associationId }) => associationId === id)
    if (association && method === 'POST') Object.assign(association, JSON.parse(body))
    if (method === 'DELETE') this.#associations = this.#associations.filter(known => known !== association)
    return association
  }
}

export const eksIssuer = 'https://oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE0000000000000000000000000'

/** The regions of the European profiles; the first is where the model was first offered. */
const regions = ['eu-central-1', 'eu-north-1', 'eu-west-3']

function describeProfile(id: string) {
  const model = id.replace(/^.*\//, '').replace(/^eu\./, '')
  return {
    inferenceProfileName: 'EU Claude',
    inferenceProfileArn: `arn:aws:bedrock:eu-central-1:123456789012:inference-profile/${id}`,
    inferenceProfileId: id,
    status: 'ACTIVE',
    type: 'SYSTEM_DEFINED',
    models: regions.map(region => ({ modelArn: `arn:aws:bedrock:${region}::foundation-model/${model}` })),
  }
}

function isWrite(request: string): boolean {
  return !/^(Get|List|GET )/.test(request)
}

function sendJson(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function sendRefusal(response: ServerResponse, name: keyof typeof refusals, isQuery: boolean): void {
  const body = isQuery
    ? `<ErrorResponse><Error><Type>Sender</Type><Code>${name}</Code><Message>no</Message></Error></ErrorResponse>`
    : JSON.stringify({ message: 'no' })
  response.writeHead(refusals[name], { 'x-amzn-errortype': name }).end(body)
}
