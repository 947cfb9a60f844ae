// Imported first, since it sets the order of the CSS layers.
import '@entra-agents/trace-view/styles/tokens.css'
import '@entra-agents/trace-view/styles/base.css'
import '@entra-agents/trace-view/styles/layout.css'
import './styles/frame.css'
import './styles/talk.css'
import { render } from 'preact'
import { App } from './app.tsx'

const root = document.getElementById('app')
if (root) render(<App />, root)
