/**
 * A replacement for curl on machines without it, so that the commands of the documentation are tested there too. It knows
 * the options of those commands: -s, -X, -H and -d.
 */
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    version: { type: 'boolean' },
    silent: { type: 'boolean', short: 's' },
    request: { type: 'string', short: 'X' },
    header: { type: 'string', short: 'H', multiple: true, default: [] },
    data: { type: 'string', short: 'd' },
  },
})

if (values.version) console.log('curl of the tests')
for (const url of positionals) {
  const headers = values.header.map((line): [string, string] => {
    const [, name = '', value = ''] = /^([^:]+): *(.*)$/.exec(line) ?? []
    return [name, value]
  })
  const response = await fetch(url.includes('://') ? url : `http://${url}`, {
    method: values.request ?? (values.data === undefined ? 'GET' : 'POST'),
    headers,
    body: values.data ?? null,
  })
  process.stdout.write(await response.text())
}
