import { existsSync, writeFileSync } from 'node:fs'
import { Mistake } from './set-up/mistake.ts'
import type { Output } from './set-up/program.ts'

interface Options {
  readonly api: readonly string[]
  readonly output?: string
}

/**
 * `agentctl agents`: an agent that only reads, and one for each API that can be changed, as a file for AGENTS_CONFIG, in which
 * `entra apply` puts their ids; and how to give each its rights.
 */
export function describeAgents({ api: texts, output }: Options, { print, say }: Output): void {
  const apis = texts.map(readApi)
  const names = ['reader', ...apis.filter(({ changes }) => changes.length > 0).map(({ name }) => name)]
  const twice = ['reader', ...apis.map(({ name }) => name)].find((name, at, all) => all.indexOf(name) !== at)
  if (twice !== undefined)
    throw new Mistake(`Two agents would be called ${twice}.`, 'Give each API once, under a name of its own.')
  const agents = names.map(name => {
    const title = `${name[0]?.toUpperCase()}${name.slice(1)}`
    const entry = {
      title,
      flows: ['obo'],
      apis: apis.map(api => api.name),
      changes: apis.filter(api => api.name === name).map(api => api.name),
    }
    return [name, entry] as const
  })
  const file = `${JSON.stringify({ agents: Object.fromEntries(agents) }, undefined, 2)}\n`
  if (output === undefined) print(file.trimEnd())
  else if (existsSync(output))
    throw new Mistake(
      `${output} exists.`,
      'Name a new file with --output, or add what is printed without it by hand.',
    )
  else writeFileSync(output, file)
  const grants = names.flatMap(agent =>
    apis.flatMap(({ name, reads, changes }) => {
      const scope = [...reads, ...(name === agent ? changes : [])].join(' ')
      const [clientId, resourceId] = [`<principal of ${agent}>`, `<principal of ${name}>`]
      return scope ? [JSON.stringify({ clientId, consentType: 'AllPrincipals', resourceId, scope })] : []
    }),
  )
  const apply = names.map(name => `--agent ${name}:obo`).join(' ')
  say(`Make the agents, which puts their ids into the file:
  npx --no-install agentctl entra apply --agents-config ${output ?? 'agents.json'} ${apply}
Then consent for all users, by one POST each to https://graph.microsoft.com/v1.0/oauth2PermissionGrants:
  ${grants.join('\n  ')}`)
}

function readApi(text: string) {
  const [, name, reads = '', changes = ''] =
    /^([a-z][a-z0-9]*(?:-[a-z0-9]+)*):([\w.+-]*)(?::([\w.+-]+))?$/.exec(text) ?? []
  if (name === undefined)
    throw new Mistake(
      `--api ${text}: it names no API with its scopes.`,
      'Write <name>:<scopes that read>:<scopes that change>, as in notes:Notes.Read:Notes.Write+Notes.Delete.',
    )
  const list = (scopes: string) => scopes.split('+').filter(Boolean)
  return { name, reads: list(reads), changes: list(changes) }
}
