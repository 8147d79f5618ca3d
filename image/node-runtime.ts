/** The lower layer: Node, the C libraries it needs, and what a resolver and TLS read; no shell and no package manager. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { type Entry, file, program } from './entries.ts'

export const NODE_PATH = '/bin/node'
export const CA_PATH = '/etc/ssl/certs/ca-certificates.crt'
/** The user that the processes run as, by the custom of images without a shell. */
export const NONROOT = 65_532

const ROOT = resolve(import.meta.dirname, '..')
const NODE_MAJOR = 24

/** Where to find the Node to put into images: the one that tools/runtime installs, else the one that runs this. Throws when neither fits. */
export const findNode = (): string => {
  if (process.platform !== 'linux') throw new Error('the image can be built without Docker on Linux only; use image/Dockerfile')
  const installed = join(ROOT, `tools/runtime/node_modules/node-linux-${process.arch}/bin/node`)
  if (existsSync(installed)) return installed
  if (Number.parseInt(process.versions.node, 10) === NODE_MAJOR) return process.execPath
  throw new Error(
    `the image needs Node ${NODE_MAJOR} and this is ${process.version}; \`npm ci --prefix tools/runtime\` installs it`,
  )
}

/** Paths of the shared libraries that a program loads, its loader included; none for a static one. Throws when one is missing. */
export const sharedLibraries = (path: string): readonly string[] => {
  const { stdout, stderr, status, error } = spawnSync('ldd', [path], { encoding: 'utf8' })
  if (error !== undefined) throw error
  if (/not a dynamic executable|statically linked/.test(stdout + stderr)) return []
  if (status !== 0) throw new Error(`ldd ${path}: ${stderr.trim()}`)
  const missing = /^\s*(\S+) => not found/m.exec(stdout)
  if (missing !== null) throw new Error(`${path} needs ${missing[1]}, which this machine does not have`)
  return [...stdout.matchAll(/(\/\S+) \(0x/g)].flatMap(([, found]) => (found === undefined ? [] : [found]))
}

/** glibc loads these by itself when it looks up a name, so no program says that it needs them. */
const LOADED_BY_GLIBC = ['libnss_files.so.2', 'libnss_dns.so.2', 'libresolv.so.2']

const libraries = (node: string): readonly Entry[] => {
  const needed = sharedLibraries(node)
  const libc = needed.find(path => path.endsWith('/libc.so.6'))
  if (libc === undefined) throw new Error(`${node} is not linked with glibc; the image is made for a Node that is`)
  const more = LOADED_BY_GLIBC.map(name => join(dirname(libc), name)).filter(path => existsSync(path))
  return [...new Set([...needed, ...more])].map(path => program(path, path))
}

/** The binary without the symbols that only a debugger reads, where the machine has strip: a tenth less to pull. */
const stripped = (node: string): Entry => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-strip-'))
  try {
    const out = join(folder, 'node')
    execFileSync('strip', ['-o', out, node])
    return program(NODE_PATH, out)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return program(NODE_PATH, node)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const DEBIAN_PACKAGES = ['libc6', 'libgcc-s1', 'libstdc++6', 'ca-certificates']

/** Texts that must go where the binaries go, as far as this machine has them. */
const licences = (node: string): readonly Entry[] => {
  const texts = [
    { path: '/usr/share/doc/node/copyright', from: resolve(node, '../../LICENSE') },
    ...DEBIAN_PACKAGES.map(name => ({ path: `/usr/share/doc/${name}/copyright`, from: `/usr/share/doc/${name}/copyright` })),
  ]
  return texts.filter(({ from }) => existsSync(from)).map(({ path, from }) => file(path, readFileSync(from)))
}

const certificates = (): Entry => {
  if (!existsSync(CA_PATH))
    throw new Error(`${CA_PATH} is not on this machine; install the package ca-certificates (Debian, Ubuntu, Alpine)`)
  return file(CA_PATH, readFileSync(CA_PATH))
}

const system = (): readonly Entry[] => [
  file(
    '/etc/passwd',
    `root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:${NONROOT}:${NONROOT}:nonroot:/home/nonroot:/sbin/nologin\n`,
  ),
  file('/etc/group', `root:x:0:\nnonroot:x:${NONROOT}:\n`),
  file('/etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n'),
  { type: 'directory', path: '/home/nonroot', mode: 0o700, owner: NONROOT },
  { type: 'directory', path: '/tmp', mode: 0o1777 },
]

/** All entries of the layer. Runs `ldd` and `strip` of this machine; its Node, libraries and certificates are what goes in. */
export const nodeRuntime = (node: string = findNode()): readonly Entry[] => [
  stripped(node),
  ...libraries(node),
  ...licences(node),
  certificates(),
  ...system(),
]
