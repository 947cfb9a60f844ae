import { compileShapes } from '@entra-agents/trace-view/build/compile-shapes'
import { isLoadedWith } from '@entra-agents/trace-view/build/loaded-with'
import { defineConfig } from 'vite'
import { precompress } from './precompress.ts'

/** Modules that read files by schemas or explain claims; the first paint needs only their types. */
const later =
  /typebox|packages\/trace\/src\/(schema|problem|chat|status|instructions|claims|personal-claims|redaction|strict-object|link-templates)\.ts$/

/** The page. Nothing is inlined, so that it runs under a Content-Security-Policy without exceptions. */
export default defineConfig({
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Licences of the packages that browsers get.
    license: { fileName: 'licenses.md' },
    rolldownOptions: {
      // Of TypeBox's formats the page needs one.
      treeshake: { moduleSideEffects: [{ test: /typebox/, sideEffects: false }] },
      output: {
        // One chunk for the first paint. By default, modules that later chunks need too would become many small chunks.
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [
            {
              test: id => !later.test(id),
              name: (id, modules) => (isLoadedWith(id, modules) ? 'page' : undefined),
            },
            // The trace at once: what it loads in parts elsewhere is opened here again and again.
            { test: /trace-view\/src\/trace\/.*\.tsx$/, name: 'trace-panel' },
            // What most later chunks share, as one chunk instead of many small ones.
            { test: /trace-view\/src\/(controls|words|browser)\/.*\.tsx?$/, name: 'parts', minShareCount: 3 },
          ],
        },
      },
    },
  },
  plugins: [compileShapes(), precompress()],
})
