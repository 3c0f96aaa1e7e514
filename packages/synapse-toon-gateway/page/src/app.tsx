import { Composer } from './composer.tsx'
import { EmptyState } from './empty-state.tsx'
import { PageHeader } from './page-header.tsx'
import { TurnView } from './turn-view.tsx'
import { useChatStream } from './use-chat-stream.ts'
import { useHealth } from './use-health.ts'
import { useStickToBottom } from './use-stick-to-bottom.ts'

export function App() {
  const health = useHealth()
  const { turns, isBusy, ask, stop } = useChatStream()
  const { isStuck, stick } = useStickToBottom()

  const askAndFollow = (question: string) => {
    ask(question)
    stick()
  }

  return (
    <>
      <PageHeader health={health} />
      <main>
        {turns.length === 0 && <EmptyState onAsk={askAndFollow} />}
        {turns.map((turn) => (
          <TurnView
            key={turn.number}
            turn={turn}
            isNewest={turn.number === turns.length}
            onAskAgain={askAndFollow}
          />
        ))}
      </main>
      <Composer
        newest={turns.at(-1)?.answer}
        isBusy={isBusy}
        onAsk={askAndFollow}
        onStop={stop}
        onFollow={isStuck || turns.length === 0 ? undefined : stick}
      />
    </>
  )
}
