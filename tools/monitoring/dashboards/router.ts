/** The routers: what each of them carries, and whether they agree. */
import { ENDED, NO_IS_BAD, RATE, YES_IS_BAD } from './common.ts'
import type { Dashboard } from './dashboard.ts'

const OF = 'instance=~"$router"'
const ROUTER = '* on (instance) group_left () sluice_build_info{component="router"}'

export const ROUTER_DASHBOARD: Dashboard = {
  uid: 'sluice-router',
  title: 'Sluice / Router',
  description: 'The routers: traffic, connections, Routes and their versions, event loop and memory of each.',
  variables: [
    {
      name: 'router',
      label: 'Router',
      query: 'label_values(sluice_build_info{component="router"}, instance)',
      multi: true,
    },
  ],
  rows: [
    {
      height: 4,
      panels: [
        {
          kind: 'stat',
          title: 'Routers',
          description: 'Routers that Prometheus reaches.',
          unit: 'short',
          queries: [{ expr: `count(sluice_build_info{component="router",${OF}})`, legend: 'routers' }],
        },
        {
          kind: 'stat',
          title: 'Draining',
          description: 'Routers that were told to go and still serve.',
          unit: 'short',
          queries: [{ expr: `sum(sluice_router_draining{${OF}})`, legend: 'draining' }],
        },
        {
          kind: 'stat',
          title: 'Routes are live',
          description: 'No: at least one router runs on Routes from its disk, since the API server has not answered it.',
          unit: 'short',
          queries: [{ expr: `min(sluice_router_routes_live{${OF}})`, legend: 'live' }],
          mappings: NO_IS_BAD,
        },
        {
          kind: 'stat',
          title: 'Fail-open',
          description: 'Yes: no router is ready, and traffic goes to the stable pods directly.',
          unit: 'short',
          queries: [{ expr: 'max(sluice_controller_fail_open)', legend: 'fail-open' }],
          mappings: YES_IS_BAD,
        },
        {
          kind: 'stat',
          title: 'Refused Routes',
          description: 'Routes whose newest version at least one router cannot run. The last good version stays in force.',
          unit: 'short',
          queries: [
            {
              expr: `count(sum by (namespace, service) (sluice_router_route_refused{${OF}})) or vector(0)`,
              legend: 'refused',
            },
          ],
          thresholds: [
            { from: null, color: 'green' },
            { from: 1, color: 'red' },
          ],
        },
        {
          kind: 'stat',
          title: 'Publisher',
          description: 'The router that writes the EndpointSlices of all Services in proxy mode. There is one.',
          unit: 'short',
          queries: [{ expr: 'sum(sluice_router_publisher)', legend: 'publishers' }],
          thresholds: [
            { from: null, color: 'red' },
            { from: 1, color: 'green' },
            { from: 2, color: 'red' },
          ],
        },
      ],
    },
    {
      title: 'Traffic',
      height: 8,
      panels: [
        {
          kind: 'timeseries',
          title: 'Requests by router',
          description: 'Requests per second that each router carried.',
          unit: 'reqps',
          stacked: true,
          min: 0,
          queries: [
            {
              expr: `sum by (instance) (rate(sluice_router_requests_total{${OF},${ENDED}}${RATE}))`,
              legend: '{{instance}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Connections of clients',
          description: 'Connections that are open, by router.',
          unit: 'short',
          stacked: true,
          min: 0,
          queries: [{ expr: `sum by (instance) (sluice_router_connections{${OF}})`, legend: '{{instance}}' }],
        },
        {
          kind: 'timeseries',
          title: 'Bytes',
          description: 'Bytes per second of requests and answers, by router.',
          unit: 'Bps',
          min: 0,
          queries: [
            { expr: `sum by (instance) (rate(sluice_router_request_bytes_total{${OF}}${RATE}))`, legend: '{{instance}} in' },
            { expr: `sum by (instance) (rate(sluice_router_response_bytes_total{${OF}}${RATE}))`, legend: '{{instance}} out' },
          ],
        },
      ],
    },
    {
      height: 8,
      panels: [
        {
          kind: 'timeseries',
          title: 'Upstream failures',
          description: 'Requests per second that a pod refused, reset or did not answer, by Service.',
          unit: 'reqps',
          min: 0,
          queries: [
            {
              expr: `sum by (namespace, service, version_role) (rate(sluice_router_upstream_failures_total{${OF}}${RATE}))`,
              legend: '{{version_role}} {{namespace}}/{{service}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'In flight by router',
          description: 'Requests and passed-through connections that have not ended.',
          unit: 'short',
          min: 0,
          queries: [{ expr: `sum by (instance) (sluice_router_in_flight{${OF}})`, legend: '{{instance}}' }],
        },
        {
          kind: 'timeseries',
          title: 'Endpoints',
          description: 'Ready pods by Service and version, as the router knows them that knows fewest.',
          unit: 'short',
          min: 0,
          queries: [
            {
              expr: `min by (namespace, service, version_role, version) (sluice_router_endpoints{${OF}})`,
              legend: '{{version_role}} {{namespace}}/{{service}} {{version}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Routes',
      height: 8,
      panels: [
        {
          kind: 'timeseries',
          title: 'Route versions',
          description:
            'Version of each Route that each router runs. Lines of one Route that part for long mean a router that is behind.',
          unit: 'short',
          queries: [
            {
              expr: `max by (namespace, service, instance) (sluice_router_route_version{${OF}})`,
              legend: '{{namespace}}/{{service}} on {{instance}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Weight of the canary by router',
          description: 'What each router runs; the same on all but for the moments after a change.',
          unit: 'percentunit',
          min: 0,
          max: 1,
          queries: [
            {
              expr: `max by (namespace, service, instance) (sluice_router_weight_ratio{${OF},version_role="canary"})`,
              legend: '{{namespace}}/{{service}} on {{instance}}',
            },
          ],
        },
      ],
    },
    {
      title: 'The processes',
      height: 8,
      panels: [
        {
          kind: 'timeseries',
          title: 'Event loop lag, 99 %',
          description:
            'One in a hundred turns of the event loop comes later than this. Above 250 ms a router has too much to do.',
          unit: 's',
          min: 0,
          queries: [
            {
              expr: `nodejs_eventloop_lag_p99_seconds{${OF}} ${ROUTER} or sluice_router_worker_eventloop_lag_p99_seconds{${OF}}`,
              legend: '{{instance}} {{worker}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'CPU',
          description: 'Cores that each router and each of its workers takes. A process does not take much more than one.',
          unit: 'short',
          decimals: 2,
          min: 0,
          queries: [
            {
              expr: `rate(process_cpu_seconds_total{${OF}}${RATE}) ${ROUTER} or rate(sluice_router_worker_cpu_seconds_total{${OF}}${RATE})`,
              legend: '{{instance}} {{worker}}',
            },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Memory',
          description: 'Resident memory of each router and each of its workers.',
          unit: 'bytes',
          min: 0,
          queries: [
            {
              expr: `process_resident_memory_bytes{${OF}} ${ROUTER} or sluice_router_worker_resident_memory_bytes{${OF}}`,
              legend: '{{instance}} {{worker}}',
            },
          ],
        },
      ],
    },
  ],
}
