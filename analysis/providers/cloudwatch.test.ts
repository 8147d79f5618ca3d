import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { judgeResult } from '../conditions.ts'
import { describeHttpProvider } from '../testing/http-conformance.ts'
import { type Lab, type LabOptions, NOW, shown, TOKEN, withLab } from '../testing/provider-lab.ts'
import { FIRST } from '../testing/runs.ts'
import type { Respond } from '../testing/web-server.ts'
import { makeCloudWatchProvider } from './cloudwatch.ts'

const QUERIES = [
  { id: 'rate', expression: 'errors / requests' },
  {
    id: 'errors',
    metricStat: {
      metric: { namespace: 'app', metricName: 'errors', dimensions: [{ name: 'A', value: 'b' }] },
      period: '300',
      stat: 'Sum',
    },
    returnData: false,
  },
]

const data: Respond = () => ({
  body: {
    MetricDataResults: [
      { Id: 'rate', Label: 'rate', StatusCode: 'Complete', Timestamps: [1.7e9, 1.7e9 - 300], Values: [0.005, 0.02] },
    ],
  },
})

const lab: LabOptions = {
  make: ({ http, origin }) =>
    makeCloudWatchProvider({
      http,
      aws: () => Promise.resolve({ accessKeyId: 'AKID', secretAccessKey: TOKEN, region: 'eu-west-1' }),
      region: 'eu-west-1',
      endpoint: origin,
    }),
}

describeHttpProvider('cloudWatch', { lab, respond: data, config: () => ({ metricDataQueries: QUERIES }) })

const withCloudWatch = (respond: Respond, body: (lab: Lab) => Promise<void>): Promise<void> => withLab(lab, respond, body)

describe('the provider cloudWatch', () => {
  test('asks for the last minutes with a signature, and gives the results by the names of Amazon', () =>
    withCloudWatch(data, async ({ ask, server }) => {
      const measured = await ask({ interval: '30m', metricDataQueries: QUERIES })
      assert.equal(shown(measured), '[[0.005 0.02]]')
      const successCondition = 'all(result[0].Values, {# <= 0.02}) && result[0].Timestamps[0] > result[0].Timestamps[1]'
      assert.deepEqual(measured.kind === 'value' && judgeResult({ successCondition }, measured.result, NOW), {
        phase: 'Successful',
      })
      const [one] = server.asked
      assert.equal(one?.headers['x-amz-target'], 'GraniteServiceVersion20100801.GetMetricData')
      assert.match(
        one?.headers.authorization ?? '',
        /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-west-1\/monitoring\/aws4_request/,
      )
      assert.doesNotMatch(JSON.stringify(server.asked), new RegExp(TOKEN))
      assert.deepEqual(JSON.parse(one?.body ?? ''), {
        StartTime: NOW / 1000 - 1800,
        EndTime: NOW / 1000,
        MetricDataQueries: [
          { Id: 'rate', Expression: 'errors / requests' },
          {
            Id: 'errors',
            MetricStat: {
              Metric: { Namespace: 'app', MetricName: 'errors', Dimensions: [{ Name: 'A', Value: 'b' }] },
              Period: 300,
              Stat: 'Sum',
            },
            ReturnData: false,
          },
        ],
      })
    }))

  test('tells what Amazon says is wrong, and its messages', async () => {
    const refusal = { __type: 'com.amazonaws#ValidationError', message: 'Error in expression' }
    await withCloudWatch(
      () => ({ status: 400, body: refusal }),
      async ({ ask }) =>
        assert.equal(shown(await ask({ metricDataQueries: QUERIES })), 'CloudWatch: ValidationError: Error in expression'),
    )
    await withCloudWatch(
      () => ({ body: { MetricDataResults: [], Messages: [{ Code: 'Partial', Value: 'not all data' }] } }),
      async ({ ask }) => {
        const measured = await ask({ metricDataQueries: QUERIES })
        assert.deepEqual(measured.kind === 'value' && measured.metadata, { messages: 'not all data' })
      },
    )
  })

  test('without a region says what to set', async () => {
    const config = { metricDataQueries: QUERIES }
    const metric = { name: 'm', provider: { cloudWatch: config } }
    const http = { send: () => assert.fail('nothing is to be asked'), close: async () => {} }
    const provider = makeCloudWatchProvider({ http, aws: () => Promise.reject(new Error('not used')) })
    const request = { namespace: 'default', metric, config, since: 0, ...FIRST, passedBefore: false, now: NOW }
    assert.equal(shown(await provider.measure(request)), 'the AWS region is not configured for the controller (AWS_REGION)')
  })
})
