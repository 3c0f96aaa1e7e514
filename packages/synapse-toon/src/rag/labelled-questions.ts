/** A question as somebody would ask it, and the files of which any one answers it. */
export interface LabelledQuestion {
  readonly question: string
  readonly files: readonly string[]
}

const README = 'README.md'
const CONTRIBUTING = 'CONTRIBUTING.md'
const ARCHITECTURE = 'docs/architecture.md'
const PROTOCOL = 'docs/protocol.md'
const RAG = 'docs/rag.md'

const ask = (question: string, ...files: string[]): LabelledQuestion => ({ question, files })

/** Over this project's own documents; written from what one wants to know, not from their sentences. */
export const LABELLED_QUESTIONS: readonly LabelledQuestion[] = [
  ask('How do I start the server on my laptop?', README),
  ask('can I use a local llama model instead of OpenAI', README),
  ask('show me a minimal node server that streams a completion', README),
  ask('Does it work with Next.js or Bun?', README),
  ask('what license does this have', README),
  ask('replay a recorded answer slowly for a demo', README),
  ask('Which commands run the tests of a single folder?', CONTRIBUTING),
  ask('where do I put new code that deals with request headers', CONTRIBUTING),
  ask('what should commit messages look like', CONTRIBUTING),
  ask('how are tests supposed to be named in this project', CONTRIBUTING),
  ask('Is there a linter and how can it fix things for me', CONTRIBUTING),
  ask('What happens to the upstream request when the user closes the tab?', ARCHITECTURE, README),
  ask('how much memory does the log of old streams take', ARCHITECTURE),
  ask('is one slow reader able to delay the other readers', ARCHITECTURE),
  ask('are small tokens buffered before they are sent out', ARCHITECTURE),
  ask('how are timers implemented, does every chunk set a timeout', ARCHITECTURE),
  ask('why is return() not enough to stop a hanging generator', ARCHITECTURE),
  ask('difference between a stream and a connection', ARCHITECTURE),
  ask('What does an event id consist of?', PROTOCOL),
  ask('which status code do I get for an expired stream', PROTOCOL),
  ask('can I get the complete answer as plain JSON rather than as events', PROTOCOL),
  ask('list of error codes and whether I should retry', PROTOCOL),
  ask('how does the browser stop reconnecting after the last event', PROTOCOL, README),
  ask('query parameter for choosing base64 or brotli payloads', PROTOCOL),
  ask('what is the gap event for', PROTOCOL, ARCHITECTURE),
  ask('how is the heartbeat written on the wire', PROTOCOL),
  ask('does the client see the error message of the provider', PROTOCOL, README),
  ask('which response headers are sent, for example for nginx buffering', PROTOCOL),
  ask('how can I store document embeddings in postgres', RAG),
  ask('keep the private files of one customer away from another customer', RAG),
  ask('limit how many tokens of context go into the system prompt', RAG),
  ask('save the search index to disk and open it again', RAG),
]
