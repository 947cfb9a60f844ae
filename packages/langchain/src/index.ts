export { actingAgent } from './acting-agent.ts'
export { type AgentIdentityMiddlewareOptions, agentIdentityMiddleware } from './middleware.ts'
