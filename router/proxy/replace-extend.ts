/** http-proxy uses util._extend, which warns on Node 22 and later; it is the same as Object.assign. */
import util from 'node:util'

Reflect.set(util, '_extend', Object.assign)
