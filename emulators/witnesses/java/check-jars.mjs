// Maven keeps no hashes of archives: fails if the archives in `jars` are not exactly those of jars.sha256.
import { hash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'

const found = readdirSync('jars')
  .sort()
  .map(name => `${hash('sha256', readFileSync(`jars/${name}`))}  ${name}\n`)
if (found.join('') !== readFileSync('jars.sha256', 'utf8'))
  throw new Error(`Other archives than those of jars.sha256:\n${found.join('')}`)
