/**
 * Modules of which the bundle takes only what our processes use. A CommonJS index cannot be thinned out by a bundler, which does not know
 * what running a file does; so what we import is taken from the files it is in. Bundling fails for an import that is not in this table.
 */
import type { Plugin } from 'esbuild'

/** By the name that is imported: a module with the same exports that loads nothing else. */
export const SLIM: { readonly [name: string]: string } = {
  // Without fetch, WebSocket, caches, mocks and Node's SQLite.
  undici: `
    import Agent from 'undici/lib/dispatcher/agent.js'
    import Dispatcher from 'undici/lib/dispatcher/dispatcher.js'
    import Pool from 'undici/lib/dispatcher/pool.js'
    import ProxyAgent from 'undici/lib/dispatcher/proxy-agent.js'
    import api from 'undici/lib/api/index.js'
    Object.assign(Dispatcher.prototype, api)
    let own
    const request = (url, { dispatcher = (own ??= new Agent()), ...options } = {}) => {
      const { origin, pathname, search } = new URL(url)
      return dispatcher.request({ method: options.body ? 'PUT' : 'GET', ...options, origin, path: pathname + search })
    }
    export { Agent, Pool, ProxyAgent, request }
  `,
  // Without the push gateway and the workers of node:cluster.
  'prom-client': `
    import Registry from 'prom-client/lib/registry.js'
    import Counter from 'prom-client/lib/counter.js'
    import Gauge from 'prom-client/lib/gauge.js'
    import Histogram from 'prom-client/lib/histogram.js'
    import collectDefaultMetrics from 'prom-client/lib/defaultMetrics.js'
    export { collectDefaultMetrics, Counter, Gauge, Histogram, Registry }
  `,
  // An import of it as a module reads all its exports, one of which loads the whole of Node's own undici.
  'node:http': `module.exports = require('node:http')`,
}

const NAMESPACE = 'slim'

/** `root`: where node_modules are. */
export const slimModules = (root: string): Plugin => ({
  name: NAMESPACE,
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: new RegExp(`^(${Object.keys(SLIM).join('|')})$`) }, ({ path, importer, namespace }) => {
      if (namespace === NAMESPACE) return { path, external: true }
      return importer.includes('node_modules') ? undefined : { path, namespace: NAMESPACE }
    })
    onLoad({ filter: /./, namespace: NAMESPACE }, ({ path }) => ({ contents: SLIM[path] ?? '', loader: 'js', resolveDir: root }))
  },
})
