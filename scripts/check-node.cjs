// Runs with the machine's Node, however old. npm silently leaves out native parts of packages that do not fit its Node.
const { node: wanted } = require('../package.json').engines
const { node: found } = process.versions

const [major, minor] = found.split('.').map(Number)
const fits = wanted.split('||').some(range => {
  const [leastMajor, leastMinor] = range.match(/\d+/g).map(Number)
  if (major === leastMajor) return minor >= leastMinor
  return major > leastMajor && range.includes('>=')
})
if (!fits) {
  console.error(`This needs Node ${wanted} to install; yours is ${found}.`)
  process.exitCode = 1
}
