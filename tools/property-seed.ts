/** Loaded before tests with properties: the same random cases in every run, so that a change is judged by itself. `SEED=n` has others. */
import fc from 'fast-check'

const DEFAULT_SEED = 20261124
fc.configureGlobal({ seed: Number(process.env['SEED'] ?? DEFAULT_SEED) })
