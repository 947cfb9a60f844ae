export { type McpServer, readMcpServers } from './config.ts'
export { mcpProblems } from './problems.ts'
export { createMcpToolset } from './toolset.ts'
