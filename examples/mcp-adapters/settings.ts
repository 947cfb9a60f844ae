import { ChatBedrockConverse } from '@langchain/aws'

/** The tenant, the blueprint, its agents and the APIs that these may call. */
export const options = {
  tenantId: '11111111-2222-4333-8444-555555555555',
  blueprintAppId: 'cccccccc-0000-4000-8000-00000000000c',
  agents: { clerk: { clientId: 'bbbbbbbb-0000-4000-8000-00000000000b' } },
  apis: { 'tasks-mcp': { url: 'https://tasks.example/mcp', appId: '99999999-0000-4000-8000-00000000000a' } },
}

export const model = new ChatBedrockConverse({ model: 'us.anthropic.claude-haiku-5-5', region: 'us-east-1' })
