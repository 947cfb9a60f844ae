import { pathToFileURL } from 'node:url'
import type { TSchema } from 'typebox'
import { Code } from 'typebox/compile'
import type { Plugin } from 'vite'

const virtual = '\0shape:'

/**
 * Puts a function that checks the same in the place of each schema that a file `…-shape.ts` exports, so that the page loads no
 * interpreter of schemas, and compiles none, which its Content-Security-Policy forbids.
 */
export function compileShapes(): Plugin {
  return {
    name: 'compile-shapes',
    apply: 'build',
    enforce: 'pre',
    resolveId: source =>
      source === 'typebox/value' ? `${virtual}check` : source.startsWith(virtual) ? source : undefined,
    async load(id) {
      if (id === `${virtual}check`) return 'export const Check = (check, value) => check(value)'
      if (id.endsWith('-shape.ts')) {
        const names = Object.keys(await import(pathToFileURL(id).href))
        return names.map(name => `export { Check as ${name} } from '${virtual}${id}#${name}'`).join('\n')
      }
      if (!id.startsWith(virtual)) return undefined
      const [path = '', name = ''] = id.slice(virtual.length).split('#')
      return { code: checkOf((await import(pathToFileURL(path).href))[name]), moduleSideEffects: false }
    },
  }
}

/** A module with the check of a schema. */
function checkOf(schema: TSchema): string {
  const { Code: code, External } = Code(schema)
  const formats = External.variables.filter(it => it instanceof Function).map(({ name }) => name)
  const variables = External.variables.map(it => (it instanceof Function ? it.name : it))
  return [
    `import { ${[...new Set(formats)]} } from 'typebox/format'`,
    code,
    `SetExternal({ variables: [${variables}] })`,
  ].join('\n')
}
