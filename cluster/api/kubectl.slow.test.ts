import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type ApiServer, createApiServer } from './server.ts'
import { type Kubectl, makeKubectl, mustSucceed, startKubectl } from './testing/kubectl.ts'

const deployment = (name: string, more: object = {}, spec: object = {}) =>
  JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels: { app: name }, ...more },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          containers: [
            { name: 'main', image: 'example.test/app:1', ports: [{ containerPort: 80 }], env: [{ name: 'A', value: '1' }] },
          ],
        },
      },
      ...spec,
    },
  })

const DEFINITION = JSON.stringify({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.test' },
  spec: {
    group: 'example.test',
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget', shortNames: ['wd'], categories: ['all'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        additionalPrinterColumns: [
          { name: 'Size', type: 'integer', jsonPath: '.spec.size', description: 'How large it is' },
          { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
        subresources: { status: {}, scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.size' } },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                description: 'What is wanted',
                properties: { size: { type: 'integer', description: 'How large it is' } },
              },
              status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
            },
          },
        },
      },
    ],
  },
})

let server: ApiServer
let home: string
let kubeconfig: string
let kubectl: Kubectl
let run: ReturnType<typeof mustSucceed>

/** Rows of a table as lists of cells. */
const rows = (output: string) =>
  output
    .trim()
    .split('\n')
    .map(line => line.split(/\s{2,}/))

before(async () => {
  server = createApiServer()
  await server.listen()
  home = await mkdtemp(join(tmpdir(), 'kubectl-'))
  kubeconfig = join(home, 'config')
  await server.writeKubeconfig(kubeconfig)
  kubectl = await makeKubectl(kubeconfig, home)
  run = mustSucceed(kubectl)
})

after(async () => {
  await server.close()
  await rm(home, { recursive: true })
})

const create = (input: string) => run('create -f -', { input })

describe('kubectl reads', () => {
  test('the version and the kinds of the server', async () => {
    assert.match(await run('version'), /Server Version: v1\.34/)
    const kinds = await run('api-resources')
    assert.match(kinds, /^deployments +deploy +apps\/v1 +true +Deployment$/m)
    assert.match(kinds, /^namespaces +ns +v1 +false +Namespace$/m)
  })

  test('objects in its usual columns, as YAML and by selectors', async () => {
    await create(deployment('read'))
    assert.deepEqual(rows(await run('get deploy read'))[0], ['NAME', 'READY', 'UP-TO-DATE', 'AVAILABLE', 'AGE'])
    assert.deepEqual(rows(await run('get deploy read'))[1]?.slice(0, 4), ['read', '0/2', '0', '0'])
    assert.deepEqual(rows(await run('get deploy read -o wide'))[1]?.slice(5), ['main', 'example.test/app:1', 'app=read'])
    assert.match(await run('get deploy read -o yaml'), /^ {2}progressDeadlineSeconds: 600$/m)
    assert.match(await run('get deploy -l app=read'), /^read /m)
    assert.doesNotMatch((await kubectl('get deploy -l app=other')).stdout, /^read /m)
    assert.equal(await run(`get deploy --field-selector metadata.name=read -o 'jsonpath={.items[*].metadata.name}'`), 'read')
    assert.match((await kubectl('get deploy nothing')).stderr, /deployments\.apps "nothing" not found/)
  })

  test('what a pod answers, by way of the API server', async () => {
    const pod = createServer((request, response) => response.end(`asked for ${request.url}`)).listen(0, '127.0.0.1')
    await once(pod, 'listening')
    const containers = [{ name: 'main', image: 'example.test/app:1' }]
    await create(JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'asked' }, spec: { containers } }))
    await run(`patch pod asked --subresource=status --type=merge -p '{"status":{"podIP":"127.0.0.1"}}'`)
    const path = `/api/v1/namespaces/default/pods/asked:${(pod.address() as AddressInfo).port}/proxy/a?b=c`
    assert.equal(await run(`get --raw ${path}`), 'asked for /a?b=c')
    pod.close()
    await once(pod, 'close')
    assert.match((await kubectl(`get --raw ${path}`)).stderr, /error trying to reach service: dial tcp .*: connection refused/)
  })

  test('changes as they happen', async () => {
    await create(deployment('watched'))
    const watch = startKubectl(kubeconfig, home, 'get deploy watched -w')
    await watch.until(/watched +0\/2/)
    await run('scale deploy watched --replicas=5')
    const seen = await watch.until(/watched +0\/5/)
    assert.equal(seen.match(/NAME/g)?.length, 1)
    await watch.stop()
  })

  test('everything about one object', async () => {
    await create(deployment('described'))
    const text = await run('describe deploy described')
    assert.match(text, /^Replicas: +2 desired/m)
    assert.match(text, /^StrategyType: +RollingUpdate$/m)
  })

  test('what a field means', async () => {
    assert.match(
      await run('explain deployment.spec.replicas'),
      /FIELD: replicas <integer>\s+DESCRIPTION:\s+How many pods are wanted/,
    )
    assert.match(await run('explain pod.spec.containers'), /FIELD: containers <\[\]Container>/)
  })

  test('the log of a container, to its end or as it grows', async () => {
    const grow = new EventTarget()
    server.setLogSource(({ container, follow, tailLines }) =>
      (async function* () {
        yield `${container} says hello, tail ${tailLines ?? 'all'}\n`
        if (!follow) return
        await new Promise(resolve => grow.addEventListener('line', resolve, { once: true }))
        yield 'one more line\n'
      })(),
    )
    await run('run talker --image=example.test/app:1 --restart=Never')
    assert.equal(await run('logs talker --tail=3'), 'talker says hello, tail 3\n')
    const following = startKubectl(kubeconfig, home, 'logs talker -f')
    await following.until(/hello/)
    grow.dispatchEvent(new Event('line'))
    await following.until(/one more line/)
    await following.stop()
  })

  test('who it is and what it may do', async () => {
    assert.match(await run('auth whoami'), /kubernetes-admin/)
    assert.match(await run('auth can-i create deployments'), /yes/)
  })
})

describe('kubectl writes', () => {
  test('objects by its own commands, which speak protobuf', async () => {
    await run('create deployment typed --image=example.test/app:1 --replicas=0 --port=8080')
    assert.equal(
      await run(`get deploy typed -o 'jsonpath={.spec.replicas} {.spec.template.spec.containers[0].ports[0].containerPort}'`),
      '0 8080',
    )
    await run('create namespace typed')
    await run('create configmap typed --from-literal=a=b')
    assert.equal(await run(`get cm typed -o 'jsonpath={.data.a}'`), 'b')
    await run('create secret generic typed --from-literal=a=b')
    assert.equal(await run(`get secret typed -o 'jsonpath={.data.a}'`), 'Yg==')
    await run('create service clusterip typed --tcp=80:8080')
    assert.equal(await run(`get svc typed -o 'jsonpath={.spec.ports[0].targetPort}'`), '8080')
    await run('expose deployment typed --name=exposed --port=81 --target-port=http')
    assert.equal(await run(`get svc exposed -o 'jsonpath={.spec.ports[0].targetPort} {.spec.selector.app}'`), 'http typed')
    await run('create pdb typed --selector=app=typed --min-available=50%')
    assert.equal(await run(`get pdb typed -o 'jsonpath={.spec.minAvailable}'`), '50%')
  })

  test('a manifest by apply: created, unchanged, configured, and what it no longer names is removed', async () => {
    assert.match(await run('apply -f -', { input: deployment('applied', { annotations: { keep: 'no' } }) }), /applied created/)
    assert.match(await run('apply -f -', { input: deployment('applied', { annotations: { keep: 'no' } }) }), /applied unchanged/)
    await run('annotate deploy applied other=yes')
    await run('scale deploy applied --replicas=7')
    const changed = JSON.parse(deployment('applied'))
    changed.spec.template.spec.containers[0].env = [{ name: 'B', value: '2' }]
    delete changed.spec.replicas
    assert.match(await run('apply -f -', { input: JSON.stringify(changed) }), /applied configured/)
    const now = JSON.parse(await run('get deploy applied -o json'))
    assert.deepEqual(now.spec.template.spec.containers[0].env, [{ name: 'B', value: '2' }])
    assert.deepEqual([now.metadata.annotations.keep, now.metadata.annotations.other], [undefined, 'yes'])
    assert.equal(now.spec.replicas, 1)
  })

  test('nothing by a dry run, and shows a difference', async () => {
    await run('apply -f -', { input: deployment('dry') })
    const changed = deployment('dry', {}, { minReadySeconds: 9 })
    assert.match(await run('apply --dry-run=server -f -', { input: changed }), /configured \(server dry run\)/)
    assert.equal(await run(`get deploy dry -o 'jsonpath={.spec.minReadySeconds}'`), '')
    const { code, stdout } = await kubectl('diff -f -', { input: changed })
    assert.equal(code, 1)
    assert.match(stdout, /^\+ {2}minReadySeconds: 9$/m)
  })

  test('not by server-side apply, and is told why', async () => {
    const { code, stderr } = await kubectl('apply --server-side -f -', { input: deployment('ssa') })
    assert.equal(code, 1)
    assert.match(stderr, /server-side apply is not supported by this server: use client-side apply/)
  })

  test('not what the schema does not know or the rules do not allow', async () => {
    const unknown = await kubectl('create -f -', { input: deployment('wrong', {}, { replicsa: 3 }) })
    assert.match(unknown.stderr, /strict decoding error: unknown field "spec\.replicsa"/)
    const invalid = await kubectl('create -f -', { input: deployment('wrong', {}, { selector: { matchLabels: { app: 'x' } } }) })
    assert.match(
      invalid.stderr,
      /The Deployment "wrong" is invalid: spec\.template\.metadata\.labels: Invalid value: .*`selector` does not match template `labels`/,
    )
  })

  test('an edited object', async () => {
    await create(deployment('edited'))
    const editor = join(home, 'editor.sh')
    await writeFile(editor, '#!/bin/sh\nsed -i s#app:1#app:2# "$1"\n')
    await chmod(editor, 0o755)
    assert.match(await run('edit deploy edited', { env: { EDITOR: editor } }), /edited/)
    assert.equal(await run(`get deploy edited -o 'jsonpath={.spec.template.spec.containers[0].image}'`), 'example.test/app:2')
  })

  test('patches of every type', async () => {
    await create(deployment('patched'))
    await run(
      `patch deploy patched -p '{"spec":{"template":{"spec":{"containers":[{"name":"main","env":[{"name":"B","value":"2"}]}]}}}}'`,
    )
    assert.equal(await run(`get deploy patched -o 'jsonpath={.spec.template.spec.containers[0].env[*].name}'`), 'B A')
    await run(`patch deploy patched --type=merge -p '{"spec":{"strategy":{"type":"Recreate","rollingUpdate":null}}}'`)
    await run(`patch deploy patched --type=json -p '[{"op":"replace","path":"/spec/replicas","value":4}]'`)
    assert.equal(await run(`get deploy patched -o 'jsonpath={.spec.strategy} {.spec.replicas}'`), '{"type":"Recreate"} 4')
  })

  test('labels, annotations, images, variables and numbers of replicas', async () => {
    await create(deployment('set'))
    await run('label deploy set tier=web')
    await run('annotate deploy set note=yes')
    await run('set image deploy set main=example.test/app:9')
    await run('set env deploy set C=3')
    await run('scale deploy set --replicas=3')
    const now = JSON.parse(await run('get deploy set -o json'))
    assert.deepEqual([now.metadata.labels.tier, now.metadata.annotations.note, now.spec.replicas], ['web', 'yes', 3])
    assert.equal(now.spec.template.spec.containers[0].image, 'example.test/app:9')
  })

  test('deletions, also in the foreground', async () => {
    await create(deployment('deleted'))
    assert.match(await run('delete deploy deleted --cascade=foreground --timeout=30s'), /deployment\.apps "deleted" deleted/)
    assert.equal((await kubectl('get deploy deleted')).code, 1)
    await run('create namespace deleted')
    await run('create configmap inside -n deleted')
    await run('delete namespace deleted --timeout=30s')
    assert.match((await kubectl('get cm inside -n deleted')).stderr, /not found/)
  })
})

describe('kubectl rolls out', () => {
  const replicaSet = (owner: { metadata: { name: string; uid: string } }, revision: number, image: string) =>
    JSON.stringify({
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${owner.metadata.name}-${revision}`,
        labels: { app: owner.metadata.name, 'pod-template-hash': `h${revision}` },
        annotations: { 'deployment.kubernetes.io/revision': String(revision) },
        ownerReferences: [
          { apiVersion: 'apps/v1', kind: 'Deployment', name: owner.metadata.name, uid: owner.metadata.uid, controller: true },
        ],
      },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: owner.metadata.name, 'pod-template-hash': `h${revision}` } },
        template: {
          metadata: { labels: { app: owner.metadata.name, 'pod-template-hash': `h${revision}` } },
          spec: { containers: [{ name: 'main', image }] },
        },
      },
    })

  test('back to an earlier revision, and shows the history', async () => {
    await create(deployment('rolled', { annotations: { 'deployment.kubernetes.io/revision': '2' } }))
    const owner = JSON.parse(await run('get deploy rolled -o json'))
    await create(replicaSet(owner, 1, 'example.test/app:0'))
    await create(replicaSet(owner, 2, 'example.test/app:1'))
    const history = await run('rollout history deploy rolled')
    assert.match(history, /^1 /m)
    assert.match(history, /^2 /m)
    assert.match(await run('rollout undo deploy rolled'), /rolled back/)
    assert.equal(await run(`get deploy rolled -o 'jsonpath={.spec.template.spec.containers[0].image}'`), 'example.test/app:0')
  })

  test('and waits for its end', async () => {
    await create(deployment('waited'))
    const waiting = startKubectl(kubeconfig, home, 'rollout status deploy waited')
    await waiting.until(/Waiting for deployment/)
    const status = { observedGeneration: 1, replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 }
    await run(`patch deploy waited --subresource=status --type=merge -p '${JSON.stringify({ status })}'`)
    await waiting.until(/successfully rolled out/)
    await waiting.stop()
    assert.match(await run(`wait deploy/waited --for=jsonpath={.status.readyReplicas}=2 --timeout=30s`), /condition met/)
  })
})

describe('kubectl and custom kinds', () => {
  test('serves them at once, with short names, columns and explanations', async () => {
    await run('apply -f -', { input: DEFINITION })
    await run('wait crd/widgets.example.test --for=condition=Established --timeout=30s')
    await run('apply -f -', {
      input: JSON.stringify({ apiVersion: 'example.test/v1', kind: 'Widget', metadata: { name: 'one' }, spec: { size: 3 } }),
    })
    await run(`patch wd one --subresource=status --type=merge -p '{"status":{"conditions":[{"type":"Ready","status":"True"}]}}'`)
    const table = rows(await run('get wd'))
    assert.deepEqual(table[0], ['NAME', 'SIZE', 'READY', 'AGE'])
    assert.deepEqual(table[1]?.slice(0, 3), ['one', '3', 'True'])
    assert.match(await run('explain widget.spec.size'), /FIELD: size <integer>\s+DESCRIPTION:\s+How large it is/)
    await run('scale wd one --replicas=5')
    assert.equal(await run(`get wd one -o 'jsonpath={.spec.size}'`), '5')
    const unknown = await kubectl('create -f -', {
      input: JSON.stringify({ apiVersion: 'example.test/v1', kind: 'Widget', metadata: { name: 'two' }, spec: { sise: 3 } }),
    })
    assert.match(unknown.stderr, /unknown field "spec\.sise"/)
  })
})
