import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Static, type TSchema, Type } from 'typebox'
import { type Caller, requireAgentPermission, requirePermission, throwNotFound } from './access.ts'
import { auditWrites } from './audit-row.ts'
import { Query } from './bodies.ts'
import { collection, findByKey, findUser, showObject } from './odata.ts'

export type GraphRequest<Body = unknown> = ReturnType<typeof toGraphRequest<Body>>
type Respond<Answer, Body = unknown> = (request: GraphRequest<Body>) => Answer

export type GraphRoutes = ReturnType<typeof graphRoutes>

/** Adds routes to Graph for callers whom `check` does not refuse; by default for all, since permission may depend on the object. */
export function graphRoutes(app: FastifyInstance, check: (caller: Caller) => void = () => undefined) {
  const answer = <Answer, Body>(respond: Respond<Answer, Body>, request: FastifyRequest) => {
    check(request.caller)
    return respond(toGraphRequest(request))
  }
  const writing =
    (method: 'POST' | 'PATCH' | 'DELETE', status: number) =>
    <Body extends TSchema>(url: string, body: Body, respond: Respond<object | undefined, Static<Body>>) => {
      const audited = auditWrites(method, url)
      const handler = async (request: FastifyRequest, reply: FastifyReply) => {
        const response = audited(request, () => answer(respond, request))
        return reply.code(response ? status : 204).send(response)
      }
      app.route({ method, url, schema: { body }, handler })
    }
  const get = (path: string, respond: Respond<object>): void => {
    app.get(path, { schema: { querystring: Query } }, async request => answer(respond, request))
  }
  const list = (
    path: string,
    respond: Respond<readonly object[]>,
    name = path.replace(/^.*:key/, '').slice(1),
  ): void => get(path, request => collection(name, respond(request), request.query, request.url))
  return {
    /** Routes for callers with one of these permissions. */
    for: (...sufficient: readonly string[]) =>
      graphRoutes(app, caller => requirePermission(caller, ...sufficient)),
    /** Routes about agents, for callers with one of these permissions. */
    forAgents: (...sufficient: readonly string[]) =>
      graphRoutes(app, caller => requireAgentPermission(caller, ...sufficient)),
    /** Adds a route that returns a collection; `name` goes into its `@odata.context`, such as `…/$metadata#users`. */
    list,
    /** Adds a route that returns a collection of objects of any kind, by their ids. */
    listObjects(path: string, idsOf: Respond<readonly string[]>): void {
      const respond: Respond<readonly object[]> = request =>
        idsOf(request).flatMap(id => showObject(request.entra, id))
      list(path, respond, 'directoryObjects')
    },
    get,
    /** Makes an object: 201. */
    create: writing('POST', 201),
    /** Does something with an object: 200. */
    act: writing('POST', 200),
    /** Changes an object: 204. */
    change: writing('PATCH', 204),
    remove(path: string, respond: Respond<undefined>): void {
      writing('DELETE', 204)(path, Type.Unknown(), respond)
    },
  }
}

/** A request whose body the schema of the route has checked. Each object that its `:key` may name is looked up when it is read. */
function toGraphRequest<Body>(request: FastifyRequest) {
  const { entra, caller, params, body, query, headers, protocol, host, originalUrl } = request
  const { key = '', part = '' } = params as { readonly key?: string; readonly part?: string }
  const { content } = entra.directory
  return {
    ...{ entra, content, caller, key, part, body: body as Body, query: query as Query, headers },
    get url() {
      return new URL(`${protocol}://${host}${originalUrl}`)
    },
    get application() {
      return findByKey(entra, key, content.applications)
    },
    get principal() {
      return findByKey(entra, key, content.servicePrincipals)
    },
    get user() {
      return findUser(entra, key)
    },
    get group() {
      return content.groups.find(({ id }) => id === key) ?? throwNotFound(key)
    },
  }
}
