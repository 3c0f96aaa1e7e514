/** What a page is told that Node is not. */
export interface PageEvents {
  addEventListener(type: string, listener: (event: object) => void, options: object): void
}

/**
 * Listens for the two moments at which a page's connections are worth another try. A page that is
 * only hidden goes on reading, so nothing is done for that.
 *
 * @param page `globalThis`; one without events (Node) has nothing to tell
 * @param signal ends the listening
 */
export function watchPage(
  page: Partial<PageEvents>,
  signal: AbortSignal,
  onRestored: () => void,
  onOnline: () => void = () => {},
): void {
  page.addEventListener?.('online', onOnline, { signal })
  // Only out of the back/forward cache, which has cut the connections of the page.
  const onPageShow = (event: { persisted?: boolean }) => event.persisted && onRestored()
  page.addEventListener?.('pageshow', onPageShow, { signal })
}
