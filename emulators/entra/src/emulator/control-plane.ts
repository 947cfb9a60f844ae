import { strictObject, toNdjson } from '@entra-agents/emulator-kit'
import { commonProblem } from '@entra-agents/service-kit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import type { Entra } from '../entra.ts'
import { EntraError, errorBody } from '../errors/entra-error.ts'
import { tables } from '../logs/tables.ts'
import { largestFile } from '../seed/file.ts'
import { issueAccessToken } from '../tokens/access-token.ts'
import { claimsToKeep, uncheckedClaims } from '../tokens/jwt.ts'
import { describeDirectory } from './directory-report.ts'
import { coversLeg, faultPolicyId, formOf, legOf } from './faults.ts'
import { findClientByName, findResourceByName, findUserByName } from './names.ts'
import { signInByPage, WantedSignIn } from './sign-in.ts'

const Text = Type.String({ minLength: 1, maxLength: 500 })
const OptionalTexts = Type.Optional(Type.Array(Text, { maxItems: 50 }))
export const KeyRotation = strictObject({ overlapSeconds: Type.Integer({ minimum: 0, maximum: 999_999 }) })
type KeyRotation = Static<typeof KeyRotation>
export const CustomToken = strictObject({
  client: Text,
  resource: Text,
  user: Type.Optional(Text),
  scopes: OptionalTexts,
  roles: OptionalTexts,
  lifetimeSeconds: Type.Optional(Type.Integer({ minimum: -315_360_000, maximum: 315_360_000 })),
  claims: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
})
export type CustomToken = Static<typeof CustomToken>

/** Form fields that the request log shows; none is a credential. */
const loggedFields =
  /^(client_id|grant_type|scope|fmi_path|requested_token_use|redirect_uri|user_id|username)$/

/** Adds `/emulator`, logs the protocol requests, and applies injected faults. */
export function addControlPlane(app: FastifyInstance): void {
  app.entra.addControls(app, addOwnControls, request => request.entra)
  app.addHook('onRequest', async request => {
    // Graph refuses callers before it reads their bodies.
    if (legOf(request) === 'graph') noteRequest(request)
  })
  app.addHook('preHandler', async (request, reply) => {
    const { entra } = request
    const leg = legOf(request)
    noteRequest(request)
    if (leg === undefined) return
    const refusal = await entra.faults.apply(reply, ({ target, fault }) => {
      const isFulfilled = fault.kind === 'conditional-access' && hasFulfilledPolicy(entra, request.body)
      return coversLeg(target?.leg, leg) && !isFulfilled
    })
    if (!refusal) return
    entra.requests.note(request, { isInjected: true })
    throw refusal
  })
  app.get('/', async (_request, reply) => reply.redirect('/emulator/lab/directory'))
}

function noteRequest(request: FastifyRequest): void {
  const { entra } = request
  const leg = legOf(request)
  const query = new URLSearchParams(request.url.split('?')[1])
  const form = leg === 'authorize' ? query : formOf(request.body)
  entra.requests.note(request, {
    leg,
    correlationId: request.trace.correlationId,
    requestId: request.trace.traceId,
    traceparent: [request.headers['traceparent']].flat()[0],
    form: Object.fromEntries([...form].filter(([name]) => loggedFields.test(name))),
    presentedTokens: claimsToKeep(entra, {
      ...Object.fromEntries(form),
      authorization: /^bearer +(.+)/i.exec(request.headers.authorization ?? '')?.[1],
    }),
  })
}

/** Whether the user has signed in again with the claims of the challenge, as conditional access demands. */
function hasFulfilledPolicy(entra: Entra, body: unknown): boolean {
  const { sid } = uncheckedClaims(formOf(body).get('assertion') ?? '')
  return entra.sessions.get(String(sid))?.fulfilledPolicies.has(faultPolicyId) ?? false
}

function addOwnControls(scope: FastifyInstance): void {
  addTenantControls(scope)
  const rotation = { summary: 'Signs with a new key from now on.', body: KeyRotation }
  scope.post<{ Body: KeyRotation }>('/keys/rotate', { schema: rotation }, async ({ entra, body }) => {
    const key = await entra.keys.rotate(body.overlapSeconds)
    return { kid: key.kid, published: (await entra.keys.published()).map(({ kid }) => kid) }
  })
  const token = { summary: 'Issues a token with any claims and lifetime.', body: CustomToken }
  scope.post<{ Body: CustomToken }>('/tokens', { schema: token }, async ({ entra, body }) => {
    const { jwt, expiresInSeconds } = await issueCustomToken(entra, body)
    return { access_token: jwt, expires_in: expiresInSeconds }
  })
  scope.post<{ Body: Static<typeof WantedSignIn> }>(
    '/sign-in',
    {
      schema: { summary: 'Signs a user in at the page, and returns the tokens.', body: WantedSignIn },
      errorHandler: (error, { entra, trace }, reply) => {
        if (!(error instanceof EntraError)) throw error
        return reply.code(error.status).send(errorBody(error, trace, entra.publicUrl))
      },
    },
    async ({ entra, body, trace }, reply) => {
      const tokens = await signInByPage(scope, entra, body, trace.correlationId)
      return reply.code(tokens.statusCode).type(String(tokens.headers['content-type'])).send(tokens.body)
    },
  )
  const aboutDirectory = 'Lists who there is, with names and ids, and who may what.'
  scope.get('/directory', { schema: { summary: aboutDirectory } }, async ({ entra }) =>
    describeDirectory(entra),
  )
  for (const [table, rowsOf] of Object.entries(tables)) {
    const schema = { summary: `The rows that Entra sends to the table ${table}, as NDJSON.` }
    scope.get(`/logs/${table}`, { schema }, async ({ entra }, reply) =>
      reply.type('application/x-ndjson').send(toNdjson(rowsOf(entra.logs))),
    )
  }
  const pem = { content: { 'application/pem-certificate-chain': { schema: Type.String() } } }
  const trust = { summary: 'The certificates for clients to trust.', response: { 200: pem } }
  scope.get('/ca.pem', { schema: trust }, async ({ entra }, reply) =>
    reply.type('application/pem-certificate-chain').send(readCertificates(entra)),
  )
}

/** The certificates of the file for TLS; a file for servers may have the private key in it, too. */
function readCertificates({ config }: Entra): string {
  const found = config.tls?.cert.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)
  const missing = 'This emulator speaks http and has no certificate: TLS_CERT_FILE is not set.'
  if (!found) throw commonProblem('NOT_FOUND', missing)
  return `${found.join('\n')}\n`
}

/** A genuinely signed token, with whatever wrong claims and lifetime a test needs. */
export function issueCustomToken(entra: Entra, token: CustomToken) {
  const user = token.user === undefined ? undefined : findUserByName(entra, token.user)
  return issueAccessToken(entra, {
    client: findClientByName(entra, token.client),
    authentication: user ? 'none' : 'certificate',
    resource: findResourceByName(entra, token.resource),
    ...(user ? { signedIn: { user, scopes: token.scopes ?? [], sessionId: 'emulator' } } : {}),
    roles: token.roles ?? [],
    lifetimeSeconds: token.lifetimeSeconds,
    overrides: token.claims,
  })
}

const summaries = {
  list: 'Lists the tenants. The header x-emulator-tenant names one in any of these requests; default: the first.',
  make: 'Makes the tenant of a seed: what a seed file may say, as JSON of at most 128 kB.',
  delete: 'Deletes the tenant with this id or domain.',
}

/** Adds the controls by which tenants are made and deleted while the emulator runs. */
function addTenantControls(scope: FastifyInstance): void {
  const { tenants } = scope
  scope.get('/tenants', { schema: { summary: summaries.list } }, async () => ({
    tenants: tenants.all.map(describe),
  }))
  const made = { summary: summaries.make, body: Type.Object({}), response: { 201: Type.Unknown() } }
  scope.post('/tenants', { bodyLimit: largestFile, schema: made }, async ({ body }, reply) =>
    reply.code(201).send(describe(tenants.add(body))),
  )
  const gone = { summary: summaries.delete, response: { 204: Type.Null() } }
  scope.delete<{ Params: { id: string } }>('/tenants/:id', { schema: gone }, async ({ params }, reply) => {
    tenants.remove(params.id)
    return reply.code(204).send()
  })
}

function describe({ config: { tenantId, domain, seed }, publicUrl }: Entra) {
  const ids = Object.entries(seed.ids).map(([kind, names]) => [kind, Object.fromEntries(names)])
  return { tenantId, domain, authority: `${publicUrl}/${tenantId}`, ids: Object.fromEntries(ids) }
}
