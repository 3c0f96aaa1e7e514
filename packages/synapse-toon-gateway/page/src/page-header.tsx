import type { Health } from './use-health.ts'

/** The name of the page, and plainly what answers here. */
export function PageHeader({ health }: { health: Health }) {
  return (
    <header className="page-header">
      <div className="page-title">
        <svg className="mark" viewBox="0 0 24 24" aria-hidden="true">
          <path d="M3 6h18M3 12h12M3 18h6" />
        </svg>
        <h1>Synapse TOON</h1>
        {health.state === 'up' && (
          <p className="source-chip" data-testid="source">
            <span className="source-kind">{health.source.kind}</span>
            {health.source.name && <span className="source-name">{health.source.name}</span>}
          </p>
        )}
      </div>
      <p className="source-note" data-testid="source-note" aria-live="polite">
        {noteOf(health)}
      </p>
    </header>
  )
}

function noteOf(health: Health): string {
  if (health.state === 'up') return health.source.note
  return health.state === 'asking' ? 'Asking the server what answers here…' : DOWN
}

const DOWN = 'The server does not say what answers here. It may be down; asking again.'
