import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { findFaults } from '@entra-agents/service-kit/testing/find-faults'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { expect, it } from 'vitest'
import { readConfig } from '../config.ts'

const folder = temporaryFolder()
const file = join(folder, 'entra.yaml')

/** The faults of a configuration with each of these seed files, under the heading of the file. */
function describeFaults(files: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}) {
  const blocks = Object.entries(files).map(([heading, content]) => {
    writeFileSync(file, content)
    const faults = findFaults(() => readConfig({ ENTRA_SEED: file, ...env }))
    const shown = faults.length > 40 ? [faults[0], '…', faults.at(-1)] : faults
    return [`${heading}:`, ...shown, ''].join('\n')
  })
  return blocks.join('\n').replaceAll(folder, 'FOLDER')
}

const wrongNames = `
tenant: acme
users:
  ada: { groups: [buyerz], roles: { orders: [Orders.Approve], order: [Orders.Approve] } }
  ben: { mail: Ada@acme.example }
groups: { buyers: }
apps:
  orders: { scopes: [Orders.Read, "two\\e[31m words"], roles: [Orders.Read.All], certificate: [none.pem, entra.yaml] }
  shop: { may: { helper: [access_as_usr], graph: [User.Raed, User.ReadBasic.All] } }
  graph:
blueprints:
  helper:
    sponsors: [eve]
    agents:
      shopper:
        may: { orders: [Orders.Raed, { scope: Orders.Read, user: eve }, { scope: Orders.Read.All }, { role: Orders.Read }], shopper: [] }
        user: ada
  other: { agents: { shopper: } }`

const wrongShapes = `
tenant: Acme Ltd.
users: [ada]`

const wrongEntries = `
tenant: { name: acme, domain: acme.example }
users:
  ada: { mail: ada, group: [buyers] }
  "two\\u001b[31m words": {}
apps:
  orders:
    scope: [Orders.Read]
    scopes: [3, { valu: Orders.Read }, Orders.Read, Orders.Read]
    secret: 12345
    tokenVersion: 3
    signInAudience: everybody
    redirectUris: { spa: ['javascript:alert(1)'], mobile: [] }
    federatedCredential: { issuer: https://issuer.example }
    may: { orders: Orders.Read }
blueprints:
  helper: { agents: { shopper: { user: { id: 1 }, secret: s3cret } } }`

const id = '99999999-0000-4000-8000-00000000000a'
const sameIds = `
tenant: { name: acme, id: ${id} }
apps:
  orders: { id: ${id.toUpperCase()}, scopes: [{ value: Orders.Read, id: ${id} }, Orders.Write, { value: Orders.Write }] }
  shop: { id: 00000003-0000-0000-c000-000000000000 }
blueprints: { shop: }`

it('all faults of a file are told with its name, and a wrong name with the right ones', async () => {
  const faults = describeFaults({
    'wrong names': wrongNames,
    'a wrong shape': wrongShapes,
    'entries with wrong shapes': wrongEntries,
    'ids that are there twice': sameIds,
  })
  const beside = describeFaults(
    { 'variables without an entry': 'tenant: acme' },
    { TENANT_ID: id, EMPTY_TENANT: 'true', AGENT_CLIENT_ID: id, WEATHER_API_PUBLIC_URL: 'http://localhost' },
  )
  await expect(`${faults}\n${beside}`).toMatchFileSnapshot('faults.txt')
})

/** What a seed cannot extend. */
const wrongBases = {
  itself: 'entra.yaml',
  'one that extends it': 'circle.yaml',
  'no file': 'nowhere.yaml',
  'a folder': 'sub',
  'a device that never ends': '/dev/zero',
  'no mapping': 'list.yaml',
  'no YAML': 'broken.yaml',
  'no name': '[demo]',
}

const aliases = Array.from('bcdefghij', (name, index) => {
  const before = `*${'abcdefghij'[index]}`
  return `${name}: &${name} [${Array(9).fill(before).join(', ')}]`
})

it('hostile files are refused in words that show nothing of the file, and nothing is run', async () => {
  mkdirSync(join(folder, 'sub'))
  const besides = { circle: 'extends: entra.yaml', list: '[users]', broken: '"s3cret' }
  for (const [name, content] of Object.entries(besides)) writeFileSync(join(folder, `${name}.yaml`), content)
  const faults = describeFaults({
    'an empty file': '',
    'no YAML': 'tenant: acme\nsecret: "s3cret',
    'a list': '- tenant: acme',
    'a large file': `tenant: acme # ${'x'.repeat(1024 * 1024)}`,
    'aliases of aliases': `a: &a [x]\n${aliases.join('\n')}`,
    'brackets in brackets': '['.repeat(50_000),
    'keys of prototypes':
      '{"tenant": "acme", "__proto__": {"users": {}}, "apps": {"__proto__": {}, "a": {"__proto__": {"secret": "s"}}}}',
    'names of prototypes':
      'tenant: acme\napps: { a: { may: { constructor: [x], toString: [y], __proto__: [z] } } }',
    'a name that is there twice': 'tenant: acme\napps:\n  orders:\n  orders:\n',
    'tags that run something': 'tenant: !!js/function "function () { process.exit(3) }"',
    'several documents': 'tenant: acme\n---\ntenant: other',
    'keys that are no texts': '{ tenant: acme, apps: { { a: 1 }: 2 } }',
    'a long list': `tenant: acme\nusers: { ada: { groups: [${Array.from({ length: 20_000 }, (_, one) => one.toString(36))}] } }`,
    'a certificate that never ends': 'tenant: acme\napps: { a: { certificate: /dev/zero } }',
    ...Object.fromEntries(
      Object.entries(wrongBases).map(([what, base]) => [`extends ${what}`, `extends: ${base}`]),
    ),
    'keys of prototypes over the demo': `{ "extends": "demo", "__proto__": { "users": 1 }, "constructor": 1, "users": { "__proto__": { "mail": "a@b" }, "ada": { "__proto__": { "polluted": 1 } } } }`,
    'another shape over the demo’s': 'extends: demo\napps: { weather-api: [1], page: 1 }',
    'a thousand faults': `{ tenant: acme, apps: { ${Array.from({ length: 1_000 }, (_, one) => `a${one}: 1`).join()} } }`,
  })
  for (const name of ['users', 'polluted', 'mail']) expect(Object.prototype).not.toHaveProperty(name)
  const noFile = ['sub', 'nowhere', '/dev/zero'].flatMap(path =>
    findFaults(() => readConfig({ ENTRA_SEED: resolve(folder, path) })),
  )
  const all = `${faults}\n${noFile.join('\n').replaceAll(folder, 'FOLDER')}\n`
    // How deep the stack is, and with it what the parser says, differs from run to run.
    .replace(/(brackets in brackets:\n[^\n]*? is not YAML).*?(?=\n\n)/s, '$1 …')
  await expect(all).toMatchFileSnapshot('hostile.txt')
})

it('the files of the README have no fault', () => {
  const text = readFileSync(resolve(import.meta.dirname, '../../README.md'), 'utf8')
  const [own = '', extended = '', policies = ''] =
    text.match(/^ {4}(?:tenant|extends): .*\n(?: {4}.*\n)+/gm) ?? []
  for (const one of [extended, policies]) expect(one).toContain('extends: demo')
  expect(describeFaults({ extended, policies, own })).toBe('extended:\n\npolicies:\n\nown:\n')
  expect(readConfig({ ENTRA_SEED: 'entra.yaml', INIT_CWD: folder }).domain).toBe('acme.example')
})
