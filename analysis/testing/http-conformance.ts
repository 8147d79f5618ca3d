/** What every metric provider must keep to that asks over HTTP, besides conformance.ts: whom it believes, how much, and what it tells. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { describeProvider, type Subject } from './conformance.ts'
import { type LabOptions, shown, startLab, TOKEN, withLab } from './provider-lab.ts'
import { type Reply, type Respond, startWebServer } from './web-server.ts'

export type HttpSubject = {
  readonly lab: LabOptions
  /** Right answers. */
  readonly respond: Respond
  /** A configuration that is right for a server at this origin; TOKEN stands in whatever part of it is secret. */
  readonly config: (origin: string) => object
  /** It is told by `insecure` not to check certificates. */
  readonly hasInsecure?: true
  /** What is no JSON is a value too. */
  readonly takesText?: true
  /** Its first request must not be sent twice. */
  readonly asksOnce?: true
  readonly takesAnything?: Subject['takesAnything']
}

const STRANGE: readonly (readonly [what: string, reply: Reply])[] = [
  ['a page', { headers: { 'content-type': 'text/html' }, body: '<html>login</html>' }],
  ['half an answer', { body: '{"data": [1, ' }],
  ['another list', { body: [[[]]] }],
  ['null', { body: 'null' }],
]

export const describeHttpProvider = (name: string, subject: HttpSubject): void => {
  const { respond, config } = subject
  describeProvider(name, async () => {
    const { provider, server, dispose } = await startLab(subject.lab, respond)
    const breaks = { breakBackend: server.close, dispose, ...(subject.takesAnything && { takesAnything: true as const }) }
    return { provider, config: config(server.origin), ...breaks }
  })

  /** The text of an error; whatever it is, it does not hold the secret. */
  const errorOf = async (lab: LabOptions, answer: Respond, more: object = {}): Promise<string> => {
    let said = ''
    await withLab(lab, answer, async ({ ask, server }) => {
      const measured = await ask({ ...config(server.origin), ...more })
      assert.equal(measured.kind, 'error', shown(measured))
      said = shown(measured)
      assert.doesNotMatch(said, new RegExp(TOKEN))
    })
    return said
  }

  describe(`provider ${name}, over HTTP`, () => {
    test('takes an answer that is too long for an error', async () => {
      const said = await errorOf({ ...subject.lab, maxBytes: 1000 }, () => ({ body: ` ${'1'.repeat(1001)}` }))
      assert.match(said, /the answer is longer than 1000 bytes/)
    })

    test('goes to no other host that it is sent to, so that no credential does', async () => {
      const other = await startWebServer(respond)
      try {
        for (const status of [301, 302, 307, 308]) {
          await errorOf(subject.lab, () => ({ status, headers: { location: `${other.origin}/x` }, body: '' }))
        }
        assert.deepEqual(other.asked, [])
      } finally {
        await other.close()
      }
    })

    test(
      subject.asksOnce ? 'asks once, since asking twice could do harm' : 'asks again when the other side is busy',
      async () => {
        let busy = 1
        const answer: Respond = asked => {
          if (busy <= 0) return respond(asked)
          busy -= 1
          return { status: 503, body: TOKEN }
        }
        if (subject.asksOnce) await errorOf(subject.lab, answer)
        else {
          await withLab(subject.lab, answer, async ({ ask, server }) => {
            const measured = await ask(config(server.origin))
            assert.notEqual(measured.kind, 'error', shown(measured))
            assert.ok(server.asked.length > 1)
          })
        }
      },
    )

    test('tells a refusal and a failure, and nothing of what was sent or answered', async () => {
      for (const status of [400, 401, 403, 404, 500]) {
        const said = await errorOf(subject.lab, ({ headers }) => ({ status, body: { echo: [TOKEN, headers] } }))
        assert.ok(said.length > 0)
      }
    })

    for (const [what, reply] of STRANGE) {
      if (subject.takesText) continue
      test(`takes ${what} for an error`, async () => assert.ok((await errorOf(subject.lab, () => reply)).length > 0))
    }

    test('believes no certificate that nobody vouches for', async () => {
      const stranger = { ...subject.lab, isTls: true, isStranger: true }
      assert.match(await errorOf(stranger, respond), /the request failed \(.*(CERT|VERIFY|ISSUER).*\)/)
      if (!subject.hasInsecure) return
      await withLab(stranger, respond, async ({ ask, server }) => {
        const measured = await ask({ ...config(server.origin), insecure: true })
        assert.notEqual(measured.kind, 'error', shown(measured))
      })
    })

    test('believes the certificates of an authority that it was given', () =>
      withLab({ ...subject.lab, isTls: true }, respond, async ({ ask, server }) => {
        const measured = await ask(config(server.origin))
        assert.notEqual(measured.kind, 'error', shown(measured))
      }))
  })
}
