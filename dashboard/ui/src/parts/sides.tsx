/** A blue-green Rollout: which version each of its Services leads to. */
import type { VNode } from 'preact'
import type { SideState } from '../../../contract.ts'
import { shortImage } from '../view/format.ts'
import { Card, Role } from './basics.tsx'

const Side = ({ side }: { readonly side: SideState }): VNode => {
  const { revision, images, pods, service } = side
  return (
    <li class={`side side-${side.side}`}>
      <p class="side-head">
        <Role role={side.side} /> <span class="mono">{service}</span>
      </p>
      {revision === undefined ? (
        <p class="soft">leads to no version yet</p>
      ) : (
        <>
          <p class="version-image" title={images.join(', ')}>
            {images.map(shortImage).join(', ')}
          </p>
          <p class="soft">
            revision {revision}, {pods.ready}/{pods.desired} pods ready
          </p>
          {pods.desired > 0 && (
            <progress class="step-progress" value={pods.ready} max={pods.desired} aria-label={`ready pods behind ${service}`} />
          )}
        </>
      )}
    </li>
  )
}

const saying = (sides: readonly SideState[]): string => {
  const [active, preview] = (['active', 'preview'] as const).map(name => sides.find(({ side }) => side === name))
  if (preview === undefined || preview.revision === active?.revision) return 'All traffic goes to the active version.'
  return `All traffic goes to revision ${active?.revision ?? '–'}; revision ${preview.revision ?? '–'} can be tried behind ${preview.service}.`
}

export const Sides = ({ sides }: { readonly sides: readonly SideState[] }): VNode => (
  <Card id="traffic" title="Traffic">
    <p class="card-note">{saying(sides)}</p>
    <ul class="sides">
      {sides.map(side => (
        <Side key={side.side} side={side} />
      ))}
    </ul>
  </Card>
)
