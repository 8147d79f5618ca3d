/** All keys. */
import type { VNode } from 'preact'
import { KEYS, type Key, nameOfKey, type Scope } from '../view/keys.ts'
import { Modal } from './modal.tsx'

const GROUPS: readonly (readonly [Scope, string])[] = [
  ['everywhere', 'Everywhere'],
  ['overview', 'All rollouts'],
  ['rollout', 'One rollout'],
]

const Line = ({ keys, says }: Key): VNode => (
  <div class="key-line">
    <dt>
      {keys.map(key => (
        <kbd key={key}>{nameOfKey(key)}</kbd>
      ))}
    </dt>
    <dd>{says}</dd>
  </div>
)

export const Help = ({ close }: { readonly close: () => void }): VNode => (
  <Modal title="Keys" close={close}>
    <div class="key-groups">
      {GROUPS.map(([scope, title]) => (
        <section key={scope}>
          <h3>{title}</h3>
          <dl>
            {KEYS.filter(one => one.scope === scope).map(one => (
              <Line key={one.command} {...one} />
            ))}
          </dl>
        </section>
      ))}
    </div>
    <div class="modal-buttons">
      <button type="button" class="button button-main" onClick={close}>
        Close
      </button>
    </div>
  </Modal>
)
