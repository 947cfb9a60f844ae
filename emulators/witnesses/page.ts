import { join } from 'node:path'
import { absent, notes } from './notes.ts'
import type { Result } from './results.ts'

export const pageFile = join(import.meta.dirname, '../../docs/entra-emulator.md')

/** The tables of the page; clients with the same calls stand side by side. */
const tables: readonly (readonly [title: string, ...clients: string[]])[] = [
  ['MSAL', '@azure/msal-node', 'msal (Python)', 'MSAL Go', 'MSAL Java'],
  ['MSAL in a browser', '@azure/msal-browser'],
  ['Azure Identity', '@azure/identity', 'azure-identity (Python)'],
  ['Microsoft Graph', '@microsoft/microsoft-graph-client'],
  ['Any OpenID Connect client: openid-client', 'openid-client'],
  ['Any OAuth client: oauth4webapi, and jose', 'oauth4webapi'],
  ['Plain HTTP, as a single-page application sends it', 'HTTP'],
]

const signs = { green: '🟢', yellow: '🟡', red: '🔴' } as const

/** `docs/entra-emulator.md`: what the emulator of Entra can and can’t, as the witnesses saw it. */
export function parityPage(results: readonly Result[]): string {
  const red = results.filter(({ state }) => state === 'red')
  return `<!-- Written by npm run witnesses -- --page: edit emulators/witnesses, not this file. -->
# What the emulator of Entra can do

Unmodified clients of Microsoft and others make ${results.length} calls at the [emulator](../emulators/entra/README.md), refusals included: ${results.length - red.length} are answered as the client
expects, ${red.length} ${red.length === 1 ? 'is' : 'are'} not. The programs are in [\`emulators/witnesses\`](../emulators/witnesses), with all clients pinned;
[Clients of Entra at the emulator](entra-clients.md) says how to point them at it, and what surprises their users.

\`\`\`sh
npm run witnesses                                # those whose language is on this machine: Node, a browser, Python, Go, Java
npm run witnesses -- node                        # one of them
npm run witnesses -- --tenant tenant.json        # the same calls at a real tenant, whose ids and credentials the file has
\`\`\`

🟢 as at Entra · 🟡 as at Entra, but not in all cases: see [Limits](#limits) · 🔴 otherwise than at Entra · – the client has no such call

The file for a real tenant has the keys that [\`tenant.ts\`](../emulators/witnesses/tenant.ts) writes for the emulator. Without \`control\`, calls that sign a user in at
the page, shift the clock or inject a fault are left out.

What is expected comes from the clients’ sources, Microsoft’s documentation and reports of users. **Real Entra**: the day on which a real tenant last
answered so; until somebody has run the calls at one, “never”.

${tables.map(([title, ...clients]) => tableOf(title, clients, results)).join('\n\n')}

## Limits

| call | what Entra does |
| --- | --- |
${Object.entries(notes)
  .map(([call, { state, entra }]) => `| ${signs[state]} ${escapeCell(call)} | ${escapeCell(entra)} |`)
  .join('\n')}

## What the emulator does not have

| 🔴 feature | what you get |
| --- | --- |
${absent.map(([feature, instead]) => `| ${escapeCell(feature)} | ${escapeCell(instead)} |`).join('\n')}
`
}

function tableOf(title: string, clients: readonly string[], results: readonly Result[]): string {
  const own = results.filter(({ client }) => clients.includes(client))
  const rows = [...Map.groupBy(own, ({ name }) => name)].map(([name, same]) => {
    const cells = clients.map(client => signOf(same.find(one => one.client === client)))
    const [first] = same
    const seen = same.map(one => one.seen).filter(day => day !== 'never')
    return `| ${[escapeCell(name), `\`${escapeCell(first?.expected ?? '')}\``, ...cells, seen.sort().at(-1) ?? 'never'].join(' | ')} |`
  })
  const head = ['call', 'expected', ...clients.map(name => escapeCell(name)), 'real Entra']
  return `## ${title}

| ${head.join(' | ')} |
| ${head.map(() => '---').join(' | ')} |
${rows.join('\n')}`
}

function signOf(result: Result | undefined): string {
  if (!result) return '–'
  return signs[result.state === 'green' ? (notes[result.name]?.state ?? 'green') : 'red']
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|')
}
