import * as React from 'react'
import { createRoot } from 'react-dom/client'
import { type UseSynapseStreamOptions, useSynapseStream } from '../src/client/react.ts'

const { createElement, StrictMode, useEffect, useState } = React

/** What a test asks of the page, in its address: the page is the same after a reload. */
export interface PageConfig {
  readonly url: string
  readonly options?: UseSynapseStreamOptions<{ delta: string }>
  readonly strict?: boolean
}

/** What the program touches of a page: the types of the DOM are not those of these tests. */
interface PageWindow {
  readonly location: { readonly search: string }
  readonly document: { getElementById(id: string): Element | null }
  requestAnimationFrame(run: () => void): number
  /** Renders that React has put on the page. */
  commits: number
  /** Pictures that the browser has drawn. */
  frames: number
}

const page = globalThis as unknown as PageWindow
page.commits = 0
page.frames = 0
const config = JSON.parse(
  new URLSearchParams(page.location.search).get('config') ?? 'null',
) as PageConfig

function countFrames(): void {
  page.frames++
  page.requestAnimationFrame(countFrames)
}
countFrames()

function Answer() {
  const { text, events, status, error, start, stop, resume } = useSynapseStream<{ delta: string }>(
    config.url,
    config.options,
  )
  useEffect(() => {
    page.commits++
  })
  const { code = '', message = '' } = (error ?? {}) as { code?: string; message?: string }
  return createElement(
    'section',
    { id: 'answer', 'data-status': status },
    createElement('output', { id: 'text' }, text),
    createElement('output', { id: 'events' }, events.length),
    createElement('output', { id: 'error' }, `${code} ${message}`),
    createElement('button', { id: 'start', type: 'button', onClick: start }, 'Start'),
    createElement('button', { id: 'stop', type: 'button', onClick: stop }, 'Stop'),
    createElement('button', { id: 'resume', type: 'button', onClick: resume }, 'Resume'),
  )
}

function App() {
  const [isShown, setShown] = useState(true)
  const [isHidden, setHidden] = useState(false)
  const toggle = () => setShown((was) => !was)
  const hide = () => setHidden((was) => !was)
  return createElement(
    'main',
    null,
    createElement('button', { id: 'toggle', type: 'button', onClick: toggle }, 'Show or hide'),
    createElement('button', { id: 'hide', type: 'button', onClick: hide }, 'Hide, or not'),
    createElement(React.Activity, {
      mode: isHidden ? 'hidden' : 'visible',
      children: isShown ? createElement(Answer) : null,
    }),
  )
}

const root = createRoot(page.document.getElementById('root')!)
if (config) {
  const app = createElement(App)
  root.render(config.strict ? createElement(StrictMode, null, app) : app)
}
// For a test that brings a component of its own.
Object.assign(globalThis, { React, root, useSynapseStream })
