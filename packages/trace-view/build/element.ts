/** Builds the trace as a custom element: ES modules for browsers that need nothing else, with the style sheets in them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, type Plugin, type RolldownOutput } from 'rolldown'
import { compileShapes } from './compile-shapes.ts'
import { isLoadedWith } from './loaded-with.ts'

const source = join(import.meta.dirname, '../src')
const firstView = join(source, 'element/embedded-trace.tsx')

/** Parts of the vocabulary, imported by name with the rest of it, that only what opens later uses. */
const later = /packages\/trace\/src\/(claims|link-templates|redaction)\.ts$/

/** @param dir the folder for `element.js` and the chunks that it loads when they are needed */
export async function buildElement(dir: string): Promise<RolldownOutput> {
  return await build({
    // What has no file of its own, such as a compiled shape, finds its packages from here.
    cwd: join(import.meta.dirname, '..'),
    input: { element: join(source, 'element.ts') },
    platform: 'browser',
    preserveEntrySignatures: 'allow-extension',
    treeshake: { moduleSideEffects: [{ test: /typebox/, sideEffects: false }] },
    transform: { target: 'es2023' },
    plugins: [compileShapes(), adoptStyleSheets()],
    output: {
      dir,
      chunkFileNames: '[name]-[hash].js',
      minify: true,
      codeSplitting: {
        includeDependenciesRecursively: false,
        groups: [
          {
            debugName: 'trace',
            test: id => !later.test(id),
            // One chunk for what is seen first, instead of one for each set of later chunks that share its modules.
            name: (id, modules) =>
              !isLoadedWith(id, modules) && isLoadedWith(id, modules, firstView) ? 'trace' : undefined,
          },
        ],
      },
    },
  })
}

/** In the place of each style sheet that a module imports, puts a call that adds it to the shadow roots of the elements. */
function adoptStyleSheets(): Plugin {
  const adopt = JSON.stringify(join(source, 'element/style-sheets.ts'))
  return {
    name: 'adopt-style-sheets',
    load(id) {
      if (!id.endsWith('.css')) return undefined
      const css = toShadow(readFileSync(id, 'utf8'))
      const code = `import { addStyles } from ${adopt}\naddStyles(${JSON.stringify(css)})`
      return { code, moduleType: 'js', moduleSideEffects: true }
    },
  }
}

/**
 * Rules for the page become rules for the box around the trace: rules for the host itself would lose against those of the page
 * that it is in. A `rem`, too, is whatever that page makes of it.
 */
function toShadow(css: string): string {
  return css
    .replace(/\/\*.*?\*\//gs, '')
    .replace(/:root\[data-theme=("\w+")\]/g, ':host([theme=$1]) .trace-page')
    .replace(/:root|^ *(?:html|body)(?= \{)|(?<=\()body/gm, '.trace-page')
    .replace(/([\d.]+)rem\b/g, (_rem, count) => `${Number(count) * 16}px`)
    .replace(/\s+/g, ' ')
    .replace(/ ?([{};,>]) ?|(:) /g, '$1$2')
    .replaceAll(';}', '}')
}
