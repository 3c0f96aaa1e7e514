import type { z } from 'zod'

/** Longest part of a value that a message repeats, in characters: enough to recognise it. */
const SHOWN_CHARACTERS = 60

/** Shows a value in a message, short and on one line. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value) ?? String(value)
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text
}

/**
 * What is wrong with a value, after its name: `must be …, got …`. Needs `reportInput`, because the
 * value is otherwise not in the issue.
 */
export function issueProblem(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') {
    return `must not have ${issue.keys.map((key) => describe(key)).join(', ')}`
  }
  return `${issue.message}, got ${describe(issue.input)}`
}

/** `messages[0].role`; '' for the whole value. */
export function issuePath(issue: z.core.$ZodIssue): string {
  return issue.path.reduce<string>((path, key) => {
    if (typeof key === 'number') return `${path}[${key}]`
    return path === '' ? String(key) : `${path}.${String(key)}`
  }, '')
}
