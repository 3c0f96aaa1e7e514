import { memo } from 'react'
import { type Block, type Inline, parseBlocks, parseInline } from './rich-text.ts'

// Blocks and pieces are only ever appended, and one changes in place at most: the last. So its
// index is a true key, and memo() keeps a long answer cheap while it streams.

export function RichText({ text }: { text: string }) {
  // biome-ignore lint/suspicious/noArrayIndexKey: see above
  return parseBlocks(text).map((block, index) => <BlockView key={index} {...block} />)
}

const BlockView = memo(function BlockView(block: Block) {
  if (block.kind === 'code') {
    return (
      <pre className="code-block" data-language={block.language || undefined}>
        <code>{block.text}</code>
      </pre>
    )
  }
  return (
    <p>
      {parseInline(block.text).map((piece, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: see above
        <InlineView key={index} {...piece} />
      ))}
    </p>
  )
})

function InlineView(piece: Inline) {
  if (piece.kind === 'code') return <code className="code-span">{piece.text}</code>
  if (piece.kind === 'text') return piece.text
  return (
    <a href={piece.href} target="_blank" rel="noopener noreferrer">
      {piece.text}
    </a>
  )
}
