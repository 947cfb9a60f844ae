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

/** The formats of texts that schemas name, as briefly as browsers can check them. */
const formats: Readonly<Record<string, string>> = {
  IsDateTime: String.raw`text => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text) && !isNaN(Date.parse(text))`,
}

/** A module with the check of a schema. */
function checkOf(schema: TSchema): string {
  const { Code: code, External } = Code(schema)
  const variables = External.variables.map(it => (it instanceof Function ? formats[it.name] : it))
  // A member that is `undefined` needs no second look whether it is there.
  const brief = code.replaceAll(
    /(\w+(?:\.\w+)*)\.(\w+) === undefined \|\| \(!\("\2" in \1\) \|\| /g,
    '$1.$2 === undefined || (',
  )
  return `${brief}\nSetExternal({ variables: [${variables}] })`
}
