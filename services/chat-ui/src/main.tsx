import { render } from 'preact'
import { App } from './app.tsx'
import './styles/tokens.css'
import './styles/base.css'
import './styles/conversation.css'
import './styles/controls.css'
import './styles/frame.css'
import './styles/trace.css'
import './styles/steps.css'

const root = document.getElementById('app')
if (root) render(<App />, root)
