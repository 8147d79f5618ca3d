import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { render } from './render.ts'

const containers = [
  { name: 'app', image: 'app:2' },
  { name: 'log', image: 'log:1' },
]
const DATA = {
  rollout: {
    metadata: { name: 'web', labels: { 'app.kubernetes.io/name': 'shop' } },
    spec: { replicas: 4, containers, strategy: { canary: {} } },
  },
  secrets: { token: 'hunter2' },
}
const of = (template: string): string => {
  const answer = render(template, DATA)
  return 'text' in answer ? answer.text : `problem: ${answer.problem}`
}

describe('a template', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['plain {text}', 'plain {text}'],
    ['{{.rollout.metadata.name}}', 'web'],
    ['{{ .rollout.nothing.there }}', '<no value>'],
    ['{{.rollout.spec.replicas}} {{1.5}} {{true}}', '4 1.5 true'],
    ['{{index .rollout.metadata.labels "app.kubernetes.io/name"}}', 'shop'],
    ['{{(index .rollout.spec.containers 1).image}}', 'log:1'],
    ['{{if .rollout.spec.nothing}}a{{else if .rollout.spec.replicas}}b{{else}}c{{end}}', 'b'],
    ['{{if .rollout.spec.strategy.canary}}Canary{{else}}empty map{{end}}', 'empty map'],
    ['{{range $i, $c := .rollout.spec.containers}}{{if $i}},{{end}}{{$c.name}}={{.image}}{{end}}', 'app=app:2,log=log:1'],
    ['{{range .rollout.spec.none}}x{{else}}none{{end}}', 'none'],
    ['{{range $k, $v := .rollout.metadata}}{{$k}} {{end}}', 'labels name '],
    ['{{with .rollout.metadata}}{{.name}} {{$.secrets.token}}{{end}}', 'web hunter2'],
    ['{{$x := 1}}{{if true}}{{$x = 2}}{{$y := 3}}{{end}}{{$x}}', '2'],
    ['a  {{- /* said */ -}}  b', 'ab'],
    ['a {{- " b " -}} c', 'a b c'],
    ['{{printf "%s has %03d of %q at %.1f%%" .rollout.metadata.name 4 "x" 2.26}}', 'web has 004 of "x" at 2.3%'],
    ['{{.rollout.metadata.name | upper | printf "%-5s|"}}', 'WEB  |'],
    ['{{default "none" .rollout.spec.nothing}} {{.rollout.metadata.name | default "none"}}', 'none web'],
    ['{{if and (eq .rollout.metadata.name "web") (gt .rollout.spec.replicas 3) (not false)}}yes{{end}}', 'yes'],
    ['{{or "" "b"}}{{ne 1 2}}{{len .rollout.spec.containers}}', 'btrue2'],
    ['{{toJson .rollout.metadata}}', '{"name":"web","labels":{"app.kubernetes.io/name":"shop"}}'],
    ['{{.rollout.metadata}}', 'map[labels:map[app.kubernetes.io/name:shop] name:web]'],
    ['{{`raw "}}" text`}}', 'raw "}}" text'],
    ['{{"a b" | urlquery}} {{html "<b>"}}', 'a+b &lt;b&gt;'],
  ]
  for (const [template, expected] of cases) test(`${template} is ${expected}`, () => assert.equal(of(template), expected))
})

describe('a template that cannot be rendered says why:', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['{{.a', /not closed/],
    ['{{if .a}}', /\{\{if\}\} has no \{\{end\}\}/],
    ['{{end}}', /without/],
    ['{{nothing .a}}', /function "nothing" not defined/],
    ['{{$x}}', /undefined variable "\$x"/],
    ['{{.a ! .b}}', /not understood/],
    ['{{template "a"}}', /not supported/],
    ['{{range 5}}{{end}}', /iterate/],
    ['{{(.a}}', /not closed/],
  ]
  for (const [template, expected] of cases) test(template, () => assert.match(of(template), expected))
})

test('a template reaches nothing but the data: no prototype, no property of a text', () => {
  assert.equal(
    of('{{.constructor}} {{.rollout.__proto__}} {{.rollout.metadata.name.length}} {{index . "toString"}}'),
    '<no value> <no value> <no value> <no value>',
  )
})

test('a template that grows without end is given up', () => {
  const many = Array.from({ length: 400 }, (_, i) => i)
  const nested = '{{range .}}{{range $}}{{range $}}x{{end}}{{end}}{{end}}'
  assert.deepEqual(render(nested, many), { problem: 'takes too many steps to render' })
  assert.match(JSON.stringify(render('{{range .}}{{range $}}0123456789{{end}}{{end}}', many)), /more than 262144 characters/)
})
