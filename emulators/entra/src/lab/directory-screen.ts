import { describeDirectory } from '../emulator/directory-report.ts'
import type { Entra } from '../entra.ts'
import { type Content, html } from '../sign-in/html.ts'
import { list } from './screen.ts'

type Right = { api: string; role?: string; scope?: string; user?: string }
type Holder = { readonly id: string; name: string; enabled: boolean; may: readonly Right[] }

export function showDirectory(entra: Entra): Content {
  const { users, groups, apps, blueprints, agents } = describeDirectory(entra)
  const people = users.map(user => {
    const account = user.agent ? `, the account of ${user.agent}` : ''
    return showHolder(user, ` ${user.userPrincipalName}${account}`)
  })
  const memberships = groups.map(
    ({ id, name, members }) =>
      html`<strong>${name}</strong> <code>${id}</code>: ${members.join(', ') || 'no member'}`,
  )
  const identities = agents.map(agent => showHolder(agent, ` of ${agent.blueprint}`))
  const others = [...blueprints, ...apps].map(one => showHolder(one, ''))
  return [
    list('Users, and what they may', people),
    list('Groups and directory roles, with their members', memberships),
    list('Agents, and what they may', identities),
    list('Blueprints and applications, and what they may', others),
  ]
}

function showHolder({ id, name, enabled, may }: Holder, about: string): Content {
  const rights = may.map(({ api, role, scope, user = 'every user' }) => {
    return html`<br><em>${role ?? scope}</em> at ${api}, ${role ? 'as a role' : `for ${user}`}`
  })
  return html`<strong>${name}</strong> <code>${id}</code>${about}${enabled ? '' : ' (disabled)'}${rights}`
}
