/** Signs of states, drawn, so that they look the same with every font. */
import type { VNode } from 'preact'
import type { Sign } from '../view/look.ts'

const PATHS: { readonly [sign in Sign]: string } = {
  check: 'M3.5 8.5l3 3 6-7',
  cross: 'M4.2 4.2l7.6 7.6M11.8 4.2l-7.6 7.6',
  turning: 'M13 8a5 5 0 1 1-2-4M11 1.5V4h-2.6',
  pause: 'M5.6 3.5v9M10.4 3.5v9',
  clock: 'M8 4.5V8l2.5 1.5M8 2.2a5.8 5.8 0 1 0 0 11.6a5.8 5.8 0 1 0 0-11.6',
  warning: 'M8 3.2v6M8 12.4v.2',
  question: 'M5.6 6a2.4 2.4 0 1 1 3.6 2c-.9.5-1.2.9-1.2 1.9M8 12.6v.2',
  dot: 'M8 7.9v.2',
  ring: 'M8 4.5a3.5 3.5 0 1 0 0 7a3.5 3.5 0 1 0 0-7',
  dash: 'M4.5 8h7',
  arrow: 'M3 8h9M8.6 4.4L12.2 8l-3.6 3.6',
  begin: 'M5.5 3.8l6 4.2-6 4.2z',
}

export const Icon = ({ sign }: { readonly sign: Sign }): VNode => (
  <svg class={`icon icon-${sign}`} viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
    <path d={PATHS[sign]} />
  </svg>
)
