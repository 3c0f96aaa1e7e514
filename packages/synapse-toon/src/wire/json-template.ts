import { Buffer } from 'node:buffer'

/** Larger payloads and deeper ones have no template: it would hold on to much, and gain little. */
const MOST_VALUES = 64
const MOST_DEPTH = 8

/** Most places that differ: with more of them, putting the text together is what takes the time. */
const MOST_HOLES = 16

/** A character that JSON writes in another way, or that takes more than one byte. */
const NOT_PLAIN = /[^ !#-[\]-~]/

/** Stands where values differ from payload to payload. */
const HOLE = Symbol('hole')

/** An object or a list, as it was in all payloads so far. */
class Node {
  /** Undefined for a list. */
  readonly keys: readonly string[] | undefined
  /** Of each key: a primitive that all payloads had there, another node, or `HOLE`. */
  readonly values: unknown[]
  /** For each hole, the text between it and the one before it. */
  readonly before: string[]

  constructor(keys: readonly string[] | undefined, values: unknown[]) {
    this.keys = keys
    this.values = values
    this.before = values.map(() => '')
  }
}

// What a walk finds beside its text: all walks share them, of which there is one at a time.
/** A getter may have another payload written, while its own is read. */
let isWalking = false
/** Bytes of UTF-8 that the text takes beyond its length. */
let extraBytes = 0
/** Places whose value is not what it was so far. */
const differing: [node: Node, index: number][] = []

/**
 * The JSON of payloads that are alike, as the chunks of a provider are: the same keys in the same order,
 * and the same values but for the delta. What is the same is text already, and only compared.
 *
 * A payload that it has text for is written as `JSON.stringify` does, to the character.
 */
export class JsonTemplate {
  /** UTF-8 bytes of what was written last. */
  bytes = 0
  readonly #root: Node
  /** Behind the last hole. */
  #tail = ''
  #extraBytes = 0
  #holes = 0

  private constructor(root: Node) {
    this.#root = root
    this.#build()
  }

  /** @param json of a payload; undefined where it is no object, or too large for a template */
  static of(json: string): JsonTemplate | undefined {
    const value: unknown = JSON.parse(json)
    const root = typeof value === 'object' && value !== null ? nodeOf(value, [0], 1) : undefined
    return root === undefined ? undefined : new JsonTemplate(root)
  }

  /**
   * Undefined where the payload is not like those before, or holds what JSON writes by rules of its own;
   * or where reading it throws, as whoever writes it in full will find too.
   */
  write(payload: object): string | undefined {
    if (isWalking || this.#holes > MOST_HOLES || isPrototypeExtended()) return undefined
    extraBytes = this.#extraBytes
    differing.length = 0
    let text: string | undefined
    isWalking = true
    try {
      text = fillNode(this.#root, payload, '')
    } catch {
      return undefined
    } finally {
      isWalking = false
    }
    if (text === undefined) return undefined
    if (differing.length > 0) {
      for (const [node, index] of differing) node.values[index] = HOLE
      this.#build()
      return this.write(payload)
    }
    const json = text + this.#tail
    this.bytes = json.length + extraBytes
    return json
  }

  #build(): void {
    let text = ''
    this.#holes = 0
    this.#extraBytes = 0
    const cut = () => {
      const part = text
      this.#extraBytes += extraBytesOf(part)
      text = ''
      return part
    }
    const write = ({ keys, values, before }: Node) => {
      text += keys === undefined ? '[' : '{'
      for (const [n, value] of values.entries()) {
        if (n > 0) text += ','
        if (keys !== undefined) text += `${JSON.stringify(keys[n])}:`
        if (value instanceof Node) write(value)
        else if (value !== HOLE) text += JSON.stringify(value)
        else {
          before[n] = cut()
          this.#holes++
        }
      }
      text += keys === undefined ? ']' : '}'
    }
    write(this.#root)
    this.#tail = cut()
  }
}

/** @param count one number: of values so far */
function nodeOf(value: object, count: [number], depth: number): Node | undefined {
  const keys = Array.isArray(value) ? undefined : Object.keys(value)
  const values: unknown[] = []
  for (const child of Object.values(value)) {
    if (++count[0] > MOST_VALUES) return undefined
    const isPrimitive = typeof child !== 'object' || child === null
    const given = isPrimitive || depth === MOST_DEPTH ? child : nodeOf(child, count, depth + 1)
    if (given === undefined || (given === child && !isPrimitive)) return undefined
    values.push(given)
  }
  return new Node(keys, values)
}

/** @returns `text` and that of the value; undefined where it is not like the node */
function fillNode(node: Node, value: object, text: string): string | undefined {
  // As JSON asks, of whatever it meets.
  if ((value as { toJSON?: unknown }).toJSON !== undefined) return undefined
  if (node.keys === undefined) return Array.isArray(value) ? fillList(node, value, text) : undefined
  // Of others than plain objects, JSON may write something else than their keys.
  if (Object.getPrototypeOf(value) !== Object.prototype) return undefined
  return fillObject(node, node.keys, value as Record<string, unknown>, text)
}

/** Somebody has given all objects a key, which a walk meets and JSON does not write. */
function isPrototypeExtended(): boolean {
  for (const key in Object.prototype) return key !== undefined
  return false
}

function fillObject(
  node: Node,
  keys: readonly string[],
  object: Record<string, unknown>,
  start: string,
): string | undefined {
  let text: string | undefined = start
  let n = 0
  for (const key in object) {
    const value = object[key]
    // JSON leaves them out.
    if (value === undefined) continue
    if (key !== keys[n]) return undefined
    if (value !== node.values[n]) {
      text = fillPlace(node, n, value, text)
      if (text === undefined) return undefined
    }
    n++
  }
  return n === keys.length ? text : undefined
}

function fillList(node: Node, list: readonly unknown[], start: string): string | undefined {
  const { values } = node
  if (list.length !== values.length) return undefined
  let text: string | undefined = start
  for (let n = 0; n < values.length; n++) {
    if (list[n] === values[n]) continue
    text = fillPlace(node, n, list[n], text)
    if (text === undefined) return undefined
  }
  return text
}

/** A value that is not the one which was there so far. */
function fillPlace(node: Node, n: number, value: unknown, text: string): string | undefined {
  const known = node.values[n]
  if (known === HOLE) return fillHole(text + node.before[n]!, value)
  if (known instanceof Node) {
    return typeof value === 'object' && value !== null ? fillNode(known, value, text) : undefined
  }
  if (!isJsonPrimitive(value)) return undefined
  differing.push([node, n])
  return text
}

function fillHole(text: string, value: unknown): string | undefined {
  switch (typeof value) {
    case 'string': {
      if (!NOT_PLAIN.test(value)) return `${text}"${value}"`
      const json = JSON.stringify(value)
      extraBytes += extraBytesOf(json)
      return text + json
    }
    case 'number':
      return Number.isFinite(value) ? text + value : `${text}null`
    case 'boolean':
      return text + value
    default:
      return value === null ? `${text}null` : undefined
  }
}

function isJsonPrimitive(value: unknown): boolean {
  return (
    typeof value === 'string' ||
    typeof value === 'number' ||
    typeof value === 'boolean' ||
    value === null
  )
}

function extraBytesOf(text: string): number {
  return Buffer.byteLength(text) - text.length
}
