import type { Json } from './graph.ts'
import { listObjects, permissionsFor } from './objects/kinds.ts'
import { agentKey, agentUserKey, toTarget } from './objects/tenant-object.ts'
import { agentsWith, type Settings } from './settings.ts'

/** Returns the command that makes everything in the ticket; `quote` quotes its arguments for bash or PowerShell. */
type CommandFor = (quote: (text: string) => string) => string

/** The request to administrators who have the needed roles: each object, the Graph request that makes it, and what to send back. */
export function writeTicket(
  settings: Settings,
  tenantId: string,
  graphUrl: string,
  commandFor: CommandFor,
): string {
  const [bash, powerShell] = [commandFor(quoteForBash), commandFor(quoteForPowerShell)]
  const commands = bash === powerShell ? [bash] : [`${bash}    # bash`, `${powerShell}    # PowerShell`]
  const sponsors = settings.sponsors.length > 0 ? settings.sponsors : ['<object id of the sponsor>']
  const target = toTarget({
    settings: { ...settings, sponsors },
    setUpId: 'by hand',
    disabledAgents: [],
    nowMs: Date.now,
    secret: () => undefined,
    userAddress: id => `${graphUrl}/v1.0/users/${id}`,
    recorded: () => undefined,
  })
  const objects = listObjects(target).filter(({ comesAlong }) => !comesAlong)
  const roles = [...new Set(objects.map(({ access }) => access.POST.role))]
  const idOfAgent = (name: string) => `<id of ${agentKey(name)}>`
  const users = agentsWith(settings, 'agent-user').map(
    name => `${idOfAgent(name)}=<id of ${agentUserKey(name)}>`,
  )
  const steps = objects.map((object, index) => {
    const { title, access, address } = object
    const { method, path, body = {} } = object.create()
    const rest = missingFrom(body, object.properties?.() ?? {})
    return [
      `### ${index + 1}. ${title}`,
      `Role ${access.POST.role}, permission ${access.POST.permission}.`,
      httpBlock(`${method} ${graphUrl}/v1.0${path}`, body),
      ...(Object.keys(rest).length > 0 && address
        ? [`then`, httpBlock(`PATCH ${graphUrl}/v1.0${address()}`, rest)]
        : []),
    ].join('\n\n')
  })
  return `# Request: an agent identity for the weather agent

Please set up the following in the tenant ${tenantId}. It gives one agent its own identity and access to one API;
nothing of it reaches Microsoft Graph or data of other applications.

Either run this in a checkout of entra-bedrock-agent, which does all of it, shows it before (\`plan\`) and can undo it (\`destroy\`):

    ${commands.join('\n    ')}

or make these ${objects.length} objects by Microsoft Graph. Roles that suffice: ${roles.join(', ')}.
Delegated permissions: ${permissionsFor(settings).join(', ')}.

${steps.join('\n\n')}

## Please send back

    TENANT_ID=${tenantId}
    BLUEPRINT_APP_ID=<client id of blueprint>
    AGENT_CLIENT_ID=${settings.agents.map(idOfAgent).join(',')}
    CLIENT_SPA_APP_ID=<client id of page>
    WEATHER_API_APP_ID=<client id of weather-api>${users.length > 0 ? `\n    AGENT_USERS=${users.join(',')}` : ''}

A secret, if there is one, goes through a vault, never by mail or chat.`
}

function httpBlock(line: string, body: Json): string {
  return `\`\`\`http\n${line}\n\n${JSON.stringify(body, null, 2)}\n\`\`\``
}

/** Wanted properties that the creating request does not set. */
function missingFrom(created: Json, desired: Json): Json {
  return Object.fromEntries(
    Object.entries(desired).filter(
      ([name, value]) => JSON.stringify(created[name]) !== JSON.stringify(value),
    ),
  )
}

const safeArgument = /^[\w:/.@=-]+$/

function quoteForBash(text: string): string {
  return safeArgument.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

function quoteForPowerShell(text: string): string {
  return safeArgument.test(text) ? text : `'${text.replaceAll("'", "''")}'`
}
