/**
 * Whether two principals are the same. Takes as long for any two of the same lengths: a principal may
 * be made from a key, and how long a refusal takes must not tell how much of it was right.
 */
export function isSamePrincipal(one: string | undefined, other: string | undefined): boolean {
  if (one === undefined || other === undefined) return one === other
  let difference = one.length ^ other.length
  for (let i = 0; i < one.length; i++) difference |= one.charCodeAt(i) ^ other.charCodeAt(i)
  return difference === 0
}
