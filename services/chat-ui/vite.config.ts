import { defineConfig } from 'vite'
import { precompress } from './precompress.ts'

/** The page. Nothing is inlined, so that it runs under a Content-Security-Policy without exceptions. */
export default defineConfig({
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Of the packages that browsers get.
    license: { fileName: 'licenses.md' },
    // What the first paint shares with code that comes later, in one file; split by who shares what it would be a dozen. Styles keep their order.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            {
              name: 'common',
              test: /(node_modules\/@?preact|chat-ui\/src\/(agent\/p|browser|controls|words\/(flows|names|times)|conversation\/(asked|attempts|conversation(?=\.)|exchange(?=\.)|history|speaker)|sign-in\/sign-in-button)|identity-trace\/src\/(flows|limits|token-exchange)).*\.(m?js|tsx?)$|vite\/preload/,
            },
          ],
        },
      },
    },
  },
  plugins: [precompress()],
})
