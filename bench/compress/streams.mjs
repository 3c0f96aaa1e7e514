// Event streams made from our own texts: what the codes of the compressor are trained on. Nothing of
// a recording is in them, and the same seed makes the same streams.
import { readFileSync } from 'node:fs'

const TEXTS = {
  answers: ['answers.txt', 'chat.txt'],
  code: ['code.txt'],
  european: ['european.txt'],
  otherScripts: ['chinese.txt', 'japanese.txt', 'korean.txt', 'other-scripts.txt'],
}

const ONE_BY_ONE = String.raw`\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}`
/** Pieces about as long as a language model's tokens: words with their blank, numbers, signs. */
const PIECES = new RegExp(
  [
    `[${ONE_BY_ONE}]{1,2}`,
    String.raw`[^\r\n\p{L}\p{N}]?(?:(?![${ONE_BY_ONE}])[\p{L}\p{M}])+`,
    String.raw`\p{N}{1,3}`,
    String.raw` ?[^\s\p{L}\p{N}]+[\r\n/]*`,
    String.raw`\s*[\r\n]+`,
    String.raw`\s+(?!\S)`,
    String.raw`\s+`,
  ].join('|'),
  'gu',
)
/** Longer words are several tokens; of scripts that models saw less of, shorter ones too. */
const ASCII_WORD = 11
const OTHER_WORD = 5

/** Mulberry32: small, and the same everywhere. @returns {() => number} from 0, below 1 */
export function createRandom(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function piecesOf(text, random) {
  const pieces = []
  for (const word of text.match(PIECES)) {
    const longest = /^[\x00-\x7f]+$/.test(word) ? ASCII_WORD : OTHER_WORD
    for (let at = 0; at < word.length; ) {
      let length = word.length - at
      if (word.length > longest && length > 4) length = 3 + Math.floor(random() * 4)
      if (word.length - at - length < 2) length = word.length - at
      pieces.push(word.slice(at, at + length))
      at += length
    }
  }
  return pieces
}

const HEX = '0123456789abcdef'
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** Chances and names, drawn from one generator. */
function drawer(random) {
  const below = (limit) => Math.floor(random() * limit)
  const pick = (list) => list[below(list.length)]
  const text = (alphabet, length) => Array.from({ length }, () => pick(alphabet)).join('')
  return {
    random,
    below,
    pick,
    text,
    chance: (share) => random() < share,
    uuid: () => [8, 4, 4, 4, 12].map((length) => text(HEX, length)).join('-'),
  }
}

const MODELS = ['gpt-4o-2024-08-06', 'gpt-5-mini', 'deepseek-chat', 'llama-3.1-8b', 'mistral-small']

/** A frame as `src/wire/record-frame.ts` writes it. @returns {(json: string) => string} */
function framer({ text, chance, below }) {
  const streamId = `${text(HEX, 8)}-${text(HEX, 4)}-8${text(HEX, 3)}-a${text(HEX, 3)}`
  let seq = chance(0.8) ? 0 : below(3000)
  return (json) => {
    const position = (++seq).toString(16).padStart(12, '0')
    return `id: ${streamId}-${position}\nevent: update\ndata: ${json}\n\n`
  }
}

/** A chunk of OpenAI's chat completions, in one of the shapes that servers of that API send. */
function chunker({ text, chance, pick, below, uuid }) {
  const id = pick([
    () => `chatcmpl-${text(LETTERS, 29)}`,
    () => `chatcmpl-${uuid()}`,
    () => text(HEX, 32),
  ])()
  const head = {
    id,
    object: 'chat.completion.chunk',
    created: 1_720_000_000 + below(60_000_000),
    model: pick(MODELS),
    ...(chance(0.3) && { service_tier: 'default' }),
    ...(chance(0.7) && { system_fingerprint: `fp_${text(HEX, 10)}` }),
  }
  const key = chance(0.3) ? pick(['reasoning', 'reasoning_content']) : 'content'
  const before = {
    ...(chance(0.2) && { role: 'assistant' }),
    ...(key !== 'content' && { content: null }),
  }
  const logprobs = chance(0.7) && { logprobs: null }
  const usage = chance(0.4) && { usage: null }
  const padded = chance(0.2)
  return (piece) =>
    JSON.stringify({
      ...head,
      choices: [{ index: 0, delta: { ...before, [key]: piece }, ...logprobs, finish_reason: null }],
      ...usage,
      // Some servers hide the length of a token behind letters of no meaning.
      ...(padded && { obfuscation: text(LETTERS, Math.max(1, 16 - piece.length)) }),
    })
}

const data = (json) => `data: ${json}\n\n`

/** By name: for one stream, the function that makes an event of a piece of text. */
const FORMS = {
  frame(draw) {
    const frame = framer(draw)
    return (piece) => frame(JSON.stringify({ delta: piece }))
  },
  frameOfToolCall(draw) {
    const frame = framer(draw)
    return (piece) => frame(JSON.stringify({ tool: { arguments: piece } }))
  },
  uiPart({ text }) {
    const id = text(LETTERS, 16)
    return (piece) => data(JSON.stringify({ type: 'text-delta', id, delta: piece }))
  },
  chunk(draw) {
    const chunk = chunker(draw)
    return (piece) => data(chunk(piece))
  },
  frameOfChunk(draw) {
    const [frame, chunk] = [framer(draw), chunker(draw)]
    return (piece) => frame(chunk(piece))
  },
  contentBlock({ below }) {
    const index = below(3)
    return (text) => {
      const json = JSON.stringify({
        type: 'content_block_delta',
        index,
        delta: { type: 'text_delta', text },
      })
      return `event: content_block_delta\n${data(json)}`
    }
  },
  toolCall({ text, below, pick }) {
    const head = {
      id: `chatcmpl-${text(LETTERS, 29)}`,
      object: 'chat.completion.chunk',
      created: 1_720_000_000 + below(60_000_000),
      model: pick(MODELS),
    }
    return (piece) => {
      const delta = { tool_calls: [{ index: 0, function: { arguments: piece } }] }
      return data(JSON.stringify({ ...head, choices: [{ index: 0, delta, finish_reason: null }] }))
    }
  },
  base64(draw) {
    const frame = framer(draw)
    return (piece) => {
      const bytes = Uint8Array.from({ length: 20 + 10 * piece.length }, () => draw.below(256))
      return frame(Buffer.from(bytes).toString('base64'))
    }
  },
}

const FRAMES = { frame: 8, uiPart: 1, frameOfToolCall: 1 }
const CHUNKS = { chunk: 6, frameOfChunk: 2, contentBlock: 1, toolCall: 1 }
const LATIN = { answers: 5, code: 1, european: 1 }
const OTHER = { otherScripts: 1 }

/** What the tables are for: forms and texts with their weights. */
export const CLASSES = {
  frames: { forms: FRAMES, texts: LATIN },
  framesOfOtherScripts: { forms: FRAMES, texts: OTHER },
  chunks: { forms: CHUNKS, texts: LATIN },
  chunksOfOtherScripts: { forms: CHUNKS, texts: OTHER },
  base64: { forms: { base64: 1 }, texts: LATIN },
}

/** @returns {string[][]} events of each stream */
export function generateStreams({ forms, texts }, count, seed) {
  const random = createRandom(seed)
  const draw = drawer(random)
  const pieces = {}
  for (const name of Object.keys(texts)) {
    const text = TEXTS[name].map(readText).join('\n\n')
    pieces[name] = piecesOf(text, random)
  }
  return Array.from({ length: count }, () => {
    const event = FORMS[weighted(forms, random)](draw)
    const source = pieces[weighted(texts, random)]
    const start = draw.below(source.length)
    const length = 30 + Math.floor(draw.random() * draw.random() * 500)
    return Array.from({ length }, (_, n) => event(source[(start + n) % source.length]))
  })
}

function readText(file) {
  return readFileSync(new URL(`texts/${file}`, import.meta.url), 'utf8')
}

function weighted(weights, random) {
  const entries = Object.entries(weights)
  let left = random() * entries.reduce((sum, [, weight]) => sum + weight, 0)
  return entries.find(([, weight]) => (left -= weight) < 0)[0]
}
