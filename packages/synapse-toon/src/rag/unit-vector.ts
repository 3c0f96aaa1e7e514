import { EmbeddingError } from './errors.ts'

/**
 * A vector of length 1 in the same direction, so that a cosine is one sum of products. One of zeros
 * stays so, and is similar to nothing.
 *
 * @throws {EmbeddingError} when it is no vector of finite numbers, or not of `dimensions`
 */
export function unitVector(field: string, vector: unknown, dimensions?: number): Float32Array {
  if (!(Array.isArray(vector) || ArrayBuffer.isView(vector)) || vector instanceof DataView) {
    throw new EmbeddingError(field, 'an array of numbers', vector)
  }
  const numbers = vector as ArrayLike<unknown>
  if (numbers.length === 0 || (dimensions !== undefined && numbers.length !== dimensions)) {
    const rule = dimensions === undefined ? 'not empty' : `of ${dimensions} numbers, as the others`
    throw new EmbeddingError(field, rule, `${numbers.length} numbers`)
  }
  let largest = 0
  for (let i = 0; i < numbers.length; i++) {
    const number = numbers[i]
    if (typeof number !== 'number' || !Number.isFinite(number)) {
      throw new EmbeddingError(`${field}[${i}]`, 'a finite number', number)
    }
    largest = Math.max(largest, Math.abs(number))
  }
  const unit = new Float32Array(numbers.length)
  if (largest === 0) return unit
  // By the largest first: squares of large numbers are Infinity, and of small ones 0.
  let squares = 0
  for (let i = 0; i < unit.length; i++) squares += ((numbers[i] as number) / largest) ** 2
  const length = Math.sqrt(squares)
  for (let i = 0; i < unit.length; i++) unit[i] = (numbers[i] as number) / largest / length
  return unit
}

/** Of two unit vectors: -1 (opposite) to 1 (the same direction). */
export function cosine(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}
