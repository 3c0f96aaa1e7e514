/** Headers that other middleware may have set already, and that are lists: ours are added. */
export const LIST_HEADERS: ReadonlySet<string> = new Set(['vary', 'access-control-expose-headers'])
