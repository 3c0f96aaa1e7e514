import { useCallback, useEffect, useRef, useState } from 'react'

/** Distance from the end, in px, that still counts as being there: about two lines of text. */
const NEAR = 48

export type StickToBottom = {
  /** False until the first `stick`, and once the reader scrolled up until the end is reached. */
  isStuck: boolean
  stick: () => void
}

/** Keeps the window at its end while the page grows, unless the reader scrolled up. */
export function useStickToBottom(): StickToBottom {
  const [isStuck, setStuck] = useState(false)
  // Observers read it between renders.
  const stuck = useRef(false)

  const move = useCallback((value: boolean) => {
    stuck.current = value
    setStuck(value)
  }, [])

  useEffect(() => {
    let lastTop = window.scrollY
    const onScroll = () => {
      const top = window.scrollY
      // Text that arrives between our scroll and its event makes the end look far away; only a
      // move upwards is the reader's.
      if (distanceToEnd() <= NEAR) move(true)
      else if (top < lastTop) move(false)
      lastTop = top
    }
    const follow = () => {
      if (stuck.current) toEnd()
    }
    // The answer and the input both grow the body; a phone's keyboard shrinks the window.
    const observer = new ResizeObserver(follow)
    observer.observe(document.body)
    window.addEventListener('resize', follow)
    window.addEventListener('scroll', onScroll, { passive: true })
    return () => {
      observer.disconnect()
      window.removeEventListener('resize', follow)
      window.removeEventListener('scroll', onScroll)
    }
  }, [move])

  const stick = useCallback(() => {
    move(true)
    toEnd()
  }, [move])

  return { isStuck, stick }
}

function distanceToEnd(): number {
  return document.documentElement.scrollHeight - window.innerHeight - window.scrollY
}

function toEnd(): void {
  window.scrollTo({ top: document.documentElement.scrollHeight, behavior: 'instant' })
}
