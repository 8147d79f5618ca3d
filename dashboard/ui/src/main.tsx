/** Starts the page. */
import { render } from 'preact'

const root = document.getElementById('app')
if (root === null) throw new Error('the page has no element #app')
render(<main />, root)
