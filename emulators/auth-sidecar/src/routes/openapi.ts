const routes = [
  { path: '/Validate', method: 'get', summary: 'The claims of the caller’s token.' },
  {
    path: '/AuthorizationHeader/{apiName}',
    method: 'get',
    summary: 'An Authorization header on behalf of the caller.',
  },
  {
    path: '/AuthorizationHeaderUnauthenticated/{apiName}',
    method: 'get',
    summary: 'An Authorization header of the application.',
  },
  { path: '/DownstreamApi/{apiName}', method: 'post', summary: 'Calls an API on behalf of the caller.' },
  {
    path: '/DownstreamApiUnauthenticated/{apiName}',
    method: 'post',
    summary: 'Calls an API as the application.',
  },
] as const

const statuses = { 200: 'OK', 400: 'Bad Request', 401: 'Unauthorized' }

/** A description of the routes, shown in Development only. It is the stand-in's own, not the original's. */
export function describeRoutes(): object {
  const responses = Object.fromEntries(
    Object.entries(statuses).map(([status, description]) => [status, { description }]),
  )
  const paths = Object.fromEntries(
    routes.map(({ path, method, summary }) => [
      path,
      { [method]: { summary, parameters: parametersOf(path), responses } },
    ]),
  )
  return { openapi: '3.1.0', info: { title: 'Entra Auth SDK sidecar (stand-in)', version: '1.0.0' }, paths }
}

function parametersOf(path: string): readonly object[] {
  if (!path.includes('{apiName}')) return []
  const text = { schema: { type: 'string' } }
  return [
    { name: 'apiName', in: 'path', required: true, ...text },
    ...['AgentIdentity', 'AgentUsername', 'AgentUserId'].map(name => ({ name, in: 'query', ...text })),
  ]
}
