/** For plugins of routes that act for whoever asks: the agent does not start if these plugins do not come before them. */
export const guardedRoutes = {
  encapsulate: true,
  fastify: '5.x',
  dependencies: ['browser-boundary', '@fastify/rate-limit'],
}
