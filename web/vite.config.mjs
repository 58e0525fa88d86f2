// Two pages, built one after the other into dist/: citizens' (index.html), then staff's (staff.html,
// --mode staff). Built together they would share one Vue runtime with everything Element Plus needs
// in it, and the citizens' page would carry that. Every text file of the output also lies there as
// .br and .gz, so that the server only has to choose.
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

const TEXT = /\.(js|css|html|svg|json|webmanifest)$/

function* filesUnder(dir) {
  for (const name of readdirSync(dir)) {
    const path = join(dir, name)
    if (statSync(path).isDirectory()) yield* filesUnder(path)
    else yield path
  }
}

/** brand/ stays uncompressed: an operator may lay another mark over it (README.md). */
function precompress() {
  let out = 'dist'
  return {
    name: 'precompress',
    apply: 'build',
    configResolved: (c) => { out = c.build.outDir },
    closeBundle() {
      for (const path of filesUnder(out)) {
        if (!TEXT.test(path) || path.includes('/brand/') || existsSync(path + '.br')) continue
        const body = readFileSync(path)
        const br = { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: body.length } }
        writeFileSync(path + '.br', brotliCompressSync(body, br))
        writeFileSync(path + '.gz', gzipSync(body, { level: 9 }))
      }
    },
  }
}

const api = process.env.TONGBAN_API ?? 'http://127.0.0.1:8080'
export default defineConfig(({ mode }) => ({
  root: import.meta.dirname ?? new URL('.', import.meta.url).pathname,
  plugins: [vue(), precompress()],
  // The pages are written with <script setup> only.
  define: { __VUE_OPTIONS_API__: 'false', __VUE_PROD_DEVTOOLS__: 'false', __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false' },
  server: { proxy: { '/api': api, '/health': api } },
  build: {
    target: 'chrome86',
    cssTarget: 'chrome86',
    assetsInlineLimit: 0, // a data: address would need a hole in the content security policy
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
    emptyOutDir: mode !== 'staff',
    copyPublicDir: mode !== 'staff',
    rollupOptions: { input: mode === 'staff' ? 'staff.html' : 'index.html' },
  },
}))
