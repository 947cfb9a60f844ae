import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const runFile = promisify(execFile)
const suiteFile = resolve(
  import.meta.dirname,
  '../../../node_modules/@modelcontextprotocol/conformance/dist/index.js',
)
const clientCommand = `${process.execPath} ${resolve(import.meta.dirname, 'conformance-client.ts')}`

const applicableScenarios = [
  'initialize',
  'tools_call',
  'request-metadata',
  'http-standard-headers',
  'http-custom-headers',
  'http-invalid-tool-headers',
  'json-schema-ref-no-deref',
]

/** Scenarios of the suite that do not apply to the client: why, and their names. */
const excludedScenarios: Readonly<Record<string, RegExp>> = {
  'The sidecar obtains tokens; the client looks for no authorization server.': /^auth\//,
  'The server cannot ask back: the client declares no capability for it.':
    /^(elicitation-sep1034-client-defaults|sep-2322-client-request-state)$/,
  'A stream that ends early is a failure: a call that was not answered is not continued.': /^sse-retry$/,
  'Schemas are rebuilt, not preserved: what cannot be bounded is left out.':
    /^json-schema-2020-12-preservation$/,
  'Extensions that the client does not implement.': /^sep-2640-/,
}

it('the official conformance suite finds nothing wrong in the client, as far as it applies', async () => {
  const outputs = await Promise.all(
    applicableScenarios.map(scenario =>
      runFile(process.execPath, [suiteFile, 'client', '--command', clientCommand, '--scenario', scenario]),
    ),
  )
  for (const { stdout, stderr } of outputs) expect(stdout + stderr).toContain('OVERALL: PASSED')
})

it('every scenario of the suite for clients is run, or excluded for a reason', async () => {
  const { stdout } = await runFile(process.execPath, [suiteFile, 'list'])
  const list = /^Client scenarios.*:\n((?: {2}- .*\n)+)/m.exec(stdout)?.[1] ?? ''
  const scenarios = [...list.matchAll(/^ {2}- (\S+)/gm)].map(([, name = '']) => name)
  expect(scenarios).toEqual(expect.arrayContaining(applicableScenarios))
  const reasons = Object.values(excludedScenarios)
  expect(
    scenarios.filter(
      name => !applicableScenarios.includes(name) && !reasons.some(pattern => pattern.test(name)),
    ),
  ).toEqual([])
  for (const pattern of reasons) expect(scenarios.some(name => pattern.test(name))).toBe(true)
})
