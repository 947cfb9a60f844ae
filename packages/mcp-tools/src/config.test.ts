import { writeFileSync } from 'node:fs'
import { ordersApi } from '@entra-agents/identity/testing/fixtures'
import { readEnvironment } from '@entra-agents/service-kit'
import { findFaults } from '@entra-agents/service-kit/testing/find-faults'
import { temporaryFile } from '@entra-agents/service-kit/testing/temporary-file'
import { describe, expect, it } from 'vitest'
import { readMcpServers } from './config.ts'

const notes = {
  url: 'https://notes.example/mcp',
  downstreamApi: 'notes',
  appId: '99999999-0000-4000-8000-0000000010AA',
  allowedTools: ['get_note'],
}
const file = temporaryFile('mcp.json')

function read(content: unknown) {
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return readEnvironment({ MCP_CONFIG: file }, env => readMcpServers(env, [ordersApi]))
}

const faultsOf = (content: unknown) => findFaults(() => read(content))

const faultsWith = (change: object) => faultsOf({ mcpServers: { notes: { ...notes, ...change } } })

describe('The configuration of MCP servers', () => {
  it('is not needed: without a file there are no servers', () => {
    expect(readEnvironment({}, env => readMcpServers(env, []))).toEqual([])
  })

  it('makes each server an API, for the flows `autonomous` and `obo` unless the server’s entry names its flows', () => {
    const [both, userOnly] = read({
      mcpServers: { notes, 'more-notes': { ...notes, flows: ['obo'], timeoutMs: 5_000 } },
    })
    expect(both).toMatchObject({
      api: {
        name: 'notes',
        url: 'https://notes.example/mcp',
        appId: '99999999-0000-4000-8000-0000000010aa',
        sidecarEntries: { autonomous: 'notesApp', obo: 'notes' },
        flows: ['autonomous', 'obo'],
      },
      allowedTools: ['get_note'],
      readOnlyTools: [],
      unattendedTools: [],
      keepsIdempotencyKeys: false,
      pins: {},
      protocol: 'auto',
    })
    expect(userOnly).toMatchObject({
      api: { name: 'more-notes', flows: ['obo'] },
      limits: { timeoutMs: 5_000 },
    })
  })

  it('names the scopes that users may be asked to consent to; at the registration of an own API, that API’s scope by default', () => {
    const shared = { ...notes, appId: ordersApi.appId }
    const servers = read({
      mcpServers: {
        notes,
        named: { ...notes, scopes: ['Notes.Read'] },
        shared,
        'shared-named': { ...shared, scopes: ['Alerts.ReadWrite'] },
      },
    })
    expect(servers.map(({ api }) => api.scopes)).toEqual([
      undefined,
      ['Notes.Read'],
      ['Orders.Read'],
      ['Alerts.ReadWrite'],
    ])
  })

  it('may name the scope of each tool, and which tools only read or may change something unattended', () => {
    const more = {
      toolScopes: { get_note: 'Notes.Read' },
      scopes: ['Notes.Read'],
      allowedTools: ['get_note', 'write_note', 'delete_note'],
      readOnlyTools: ['get_note'],
      unattendedTools: ['write_note'],
    }
    const { scopes, ...ofTools } = more
    expect(read({ mcpServers: { notes: { ...notes, ...more } } })).toMatchObject([
      { api: { scopes }, ...ofTools },
    ])
  })

  it('reports every fault of every server at once', () => {
    const faults = faultsOf({
      mcpServers: {
        Notes: { ...notes, url: 'http://notes.example/mcp' },
        sidecar: notes,
        'orders-api': notes,
        files: { url: 'files.example/mcp', command: 'npx', flows: ['both'], timeoutMs: 5 },
        clashing: { ...notes, allowedTools: ['a.b', 'a_b'], pins: { c: 'sha256-0' } },
        waiting: { ...notes, readOnlyTools: ['get_note', 'find'], unattendedTools: ['get_note', 'write'] },
      },
    })
    expect(faults.map(fault => fault.replace(`${file} (MCP_CONFIG), server `, ''))).toEqual([
      '"Notes": its name must be in kebab-case and have 40 characters at most.',
      '"Notes": url must be https, or http to localhost or to a Service of the cluster, since tokens travel there.',
      '"sidecar": its name is taken.',
      '"orders-api": its name is taken.',
      '"files": url must be an http or https URL.',
      '"files": downstreamApi is missing.',
      '"files": appId is missing.',
      '"files": allowedTools is missing.',
      '"files": command is not known here.',
      '"files": flows.0 must be one of autonomous, obo, agent-user.',
      '"files": timeoutMs must be >= 100.',
      '"clashing": its tools "a.b" and "a_b" would both be called clashing__a_b.',
      '"clashing": pins has "c", which is not in allowedTools.',
      '"waiting": readOnlyTools has "find", which is not in allowedTools.',
      '"waiting": unattendedTools has "write", which is not in allowedTools.',
      '"waiting": unattendedTools has "get_note", which never waits, since readOnlyTools has it too.',
    ])
  })

  it.each([
    'http://localhost:8080/mcp',
    'http://127.0.0.1/mcp',
    'http://notes/mcp',
    'http://notes.tools.svc/mcp',
    'http://notes.tools.svc.cluster.local:8080/mcp',
    'https://runtime.example/runtimes/notes/invocations?qualifier=DEFAULT',
  ])('accepts the url %s, in plain http only on the same machine or in the cluster', url => {
    expect(read({ mcpServers: { notes: { ...notes, url } } })).toMatchObject([{ api: { url } }])
  })

  it('says that a server keeps idempotency keys only if its entry says so, whatever its app id', () => {
    const own = { ...notes, appId: ordersApi.appId }
    const keeping = { ...own, keepsIdempotencyKeys: true }
    expect(read({ mcpServers: { own, keeping } })).toMatchObject([
      { keepsIdempotencyKeys: false },
      { keepsIdempotencyKeys: true },
    ])
  })

  it.each([
    [{ url: 'ftp://notes.example/mcp' }, 'url must be an http or https URL'],
    [{ url: 'https://user:secret@notes.example/mcp' }, 'url must not contain a user name or password'],
    [{ url: 'https://notes.example/mcp#part' }, 'url must have no fragment'],
    [{ url: 'https://notes.example/mcp?api_key=1' }, 'url must not have "api_key" in its query'],
    [{ url: 'https://notes.example/mcp?a=b&Code=1' }, 'url must not have "Code" in its query'],
    [{ url: 'http://notes.tools.svc.example/mcp' }, 'url must be https'],
    [{ allowedTools: ['get_note', '*'] }, 'allowedTools has "*", but there are no wildcards'],
    [{ allowedTools: ['get_note', 'get_*'] }, 'allowedTools has "get_*", but there are no wildcards'],
    [{ allowedTools: undefined }, 'allowedTools is missing'],
    [{ allowedTools: [] }, 'allowedTools'],
    [{ scopes: ['api://notes/Notes.Read'] }, 'scopes'],
    [{ scopes: ['offline_access'] }, 'scopes'],
    [{ toolScopes: { add_note: 'Notes.Write' } }, 'toolScopes has "add_note", which is not in allowedTools'],
    [
      { toolScopes: { get_note: 'Notes.Read' }, scopes: ['Notes.List'] },
      'toolScopes has "Notes.Read", which is not in scopes',
    ],
    [{ toolScopes: { get_note: 'api://notes/Notes.Read' } }, 'toolScopes'],
  ])('refuses %j: %s', (change, fault) => {
    expect(faultsWith(change)).toEqual([expect.stringContaining(fault)])
  })

  it.each([
    ['{"mcpServers":', 'is not JSON'],
    ['{"servers":{}}', 'must be {"mcpServers"'],
    ['[]', 'must be {"mcpServers"'],
  ])('is refused with a reason if the file contains %s', (content, fault) => {
    expect(faultsOf(content)).toEqual([expect.stringContaining(fault)])
  })

  it('is refused with the name of its file if the file cannot be read', () => {
    const missing = temporaryFile('missing.json')
    const reading = () => readEnvironment({ MCP_CONFIG: missing }, env => readMcpServers(env, []))
    expect(reading).toThrow(`MCP_CONFIG names ${missing}, which cannot be read (ENOENT).`)
  })
})
