/** An alert and its runbook, from which both the rule and its section in docs/monitoring.md are made. */

export type Alert = {
  readonly name: string
  readonly severity: 'critical' | 'warning' | 'info'
  readonly expr: string
  /** How long it must hold, e.g. `5m`; at once when absent. */
  readonly for?: string
  /** One line; may use `{{ $labels.NAME }}` and `{{ $value }}`. */
  readonly summary: string
  readonly runbook: {
    readonly means: string
    /** What happens to traffic and rollouts meanwhile. */
    readonly impact: string
    /** What to look at, in order; Markdown. */
    readonly look: readonly string[]
    readonly fix: string
  }
}

/** The fragment of the alert's section in docs/monitoring.md, as GitHub makes it of the heading. */
export const anchorOf = ({ name }: Alert): string => name.toLowerCase()
