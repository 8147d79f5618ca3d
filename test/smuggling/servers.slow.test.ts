/** The same as corpus.test.ts, with the parsers of other servers; those that are not installed are skipped. */
import { testInFrontOf } from './witness-tests.ts'

testInFrontOf('nginx')
testInFrontOf('Go')
