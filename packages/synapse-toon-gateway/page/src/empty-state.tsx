const EXAMPLES = [
  'how do I resume',
  'what headers are sent',
  'what happens when the client disconnects',
]

/** What a first visitor sees: what this is, and three questions to try. */
export function EmptyState({ onAsk }: { onAsk: (question: string) => void }) {
  return (
    <section className="empty" aria-labelledby="empty-title">
      <h2 id="empty-title">Ask, and watch it arrive</h2>
      <p>
        Answers stream over Server-Sent Events into a plain <code>EventSource</code>. Under each one
        stands what the wire did: the first token, the rate, every break and resume.
      </p>
      <ul className="examples">
        {EXAMPLES.map((question) => (
          <li key={question}>
            <button type="button" className="example" onClick={() => onAsk(question)}>
              {question}
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
