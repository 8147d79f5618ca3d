/** All services that people can be told by. */
import { email } from './email.ts'
import { pagerDutyV2 } from './pagerduty-v2.ts'
import type { NotificationService } from './service.ts'
import { slack } from './slack.ts'
import { teams } from './teams.ts'
import { webhook } from './webhook.ts'

export const SERVICES: readonly NotificationService[] = [slack, teams, pagerDutyV2, webhook, email]
