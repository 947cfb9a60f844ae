import { permissions } from '@entra-agents/agentctl/entra/objects/kinds'
import * as wellKnown from '@entra-agents/trace/well-known'
import { Agent } from 'undici'
import { setupAppId } from '../../../emulators/entra/src/testing/start-entra.ts'
import { identities } from '../../support/identities.ts'
import { ControlPlane } from './control-plane.ts'
import type { Demo } from './demo.ts'
import type { ConfigMap } from './kubernetes.ts'

interface PageIds {
  readonly pageAppId: string
  readonly blueprintAppId: string
}

export interface LoggedRequest {
  readonly receivedAt: string
  readonly leg?: string
  readonly status: number | null
}

/** The Entra emulator and its control plane. */
export class EntraControls {
  readonly controlPlane: ControlPlane
  /** The CA of the emulator's certificate. */
  readonly authority: string

  private constructor(origin: string, authority: string) {
    const dispatcher = new Agent({ connect: { ca: authority } })
    this.controlPlane = new ControlPlane(origin, dispatcher)
    this.authority = authority
  }

  static async of(demo: Demo): Promise<EntraControls> {
    await demo.openEntra()
    const { data } = await demo.namespace.get<ConfigMap>('configmap', 'emulator-authority')
    return new EntraControls(`https://localhost:${demo.ports.entra}`, data['ca.crt'] ?? '')
  }

  /** Signs Ada in and returns her token (Tc). */
  signIn({ pageAppId, blueprintAppId }: PageIds = identities): Promise<string> {
    return this.#requestCustomToken({
      client: pageAppId,
      resource: blueprintAppId,
      scopes: ['access_as_user'],
    })
  }

  /** Ada's token for Graph, with every permission that a set-up needs. */
  signInToGraph(): Promise<string> {
    return this.#requestCustomToken({ client: setupAppId, resource: wellKnown.graphUri, scopes: permissions })
  }

  /** The tenant's applications, principals and permission grants, as Graph lists them. */
  async readTenant(): Promise<unknown> {
    const authorization = `Bearer ${await this.signInToGraph()}`
    const lists = ['applications', 'servicePrincipals', 'oauth2PermissionGrants']
    return Promise.all(
      lists.map(list => this.controlPlane.send('GET', `/v1.0/${list}`, { headers: { authorization } })),
    )
  }

  /** Sets the lifetime of new tokens. */
  async setTokenLifetime(tokenLifetimeSeconds: number): Promise<void> {
    await this.controlPlane.changeSettings({ tokenLifetimeSeconds })
  }

  /** The requests that the emulator's log still has, in the order in which they came. */
  async requests(): Promise<readonly LoggedRequest[]> {
    const { requests } = (await this.controlPlane.send('GET', '/emulator/requests')) as {
      requests: LoggedRequest[]
    }
    return requests
  }

  async #requestCustomToken(order: Readonly<Record<string, unknown>>): Promise<string> {
    const body = { ...order, user: identities.ada.oid }
    const issued = await this.controlPlane.send('POST', '/emulator/tokens', { body })
    return (issued as { access_token: string }).access_token
  }
}
