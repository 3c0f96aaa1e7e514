import { type ChildProcess, spawn } from 'node:child_process'
import { onTestFailed, onTestFinished } from 'vitest'

/** How a process ended: by itself, or by a signal. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface TestProcess {
  readonly pid: number
  /** Settles when it has ended and all that it wrote is here; rejects when it cannot be started. */
  readonly exited: Promise<Exit>
  /** The last of what it wrote, at most 64 KiB each. */
  readonly stdout: string
  readonly stderr: string
  /**
   * The first line that contains a text, or matches, those already written included.
   *
   * @returns what a pattern matched; for a text, the line
   * @throws when the process ends before, with the end of what it wrote
   */
  line(wanted: string | RegExp, from?: 'stdout' | 'stderr'): Promise<RegExpExecArray>
  /** Sends a signal that does not end it, for example SIGHUP, SIGSTOP, SIGCONT. */
  signal(name: NodeJS.Signals): void
  /** Ends it, and waits until it is gone. Default SIGKILL. Once it is gone this does nothing. */
  kill(name?: NodeJS.Signals): Promise<Exit>
}

export interface TestProcessOptions {
  /** Added to those of this process; undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  /** Sent when the test is over, and waited for. Default SIGKILL. */
  readonly endBy?: NodeJS.Signals
}

/** Output that is kept of a process that runs for long, in characters. */
const KEPT_CHARACTERS = 65_536

/** Starts a program, which ends with the test. */
export function startProcess(
  command: string,
  args: readonly string[],
  { env, cwd, endBy = 'SIGKILL' }: TestProcessOptions = {},
): TestProcess {
  // A program may stand in the arguments: its beginning tells which it is.
  const title = [command, ...args].join(' ').slice(0, 120)
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = new Promise<Exit>((resolve, reject) => {
    child.once('error', (cause) =>
      reject(new Error(`${command} could not be started: ${cause.message}`, { cause })),
    )
    // Not `exit`: output may come after it.
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  const outputs = { stdout: readLines(child, 'stdout'), stderr: readLines(child, 'stderr') }

  const kill = (name: NodeJS.Signals = 'SIGKILL') => {
    child.kill(name)
    return exited
  }
  onTestFinished(async () => {
    // A program that could not be started has failed its test already.
    if (child.pid !== undefined) await kill(endBy)
  })
  // What a process complained of may be why its test failed.
  onTestFailed(() => {
    const { text } = outputs.stderr
    if (text !== '') console.error(`stderr of ${title}:\n${text}`)
  })
  // Told to whoever waits for a line or the end. A test that waits for neither may be over by then.
  exited.catch(() => {})

  return {
    pid: child.pid ?? 0,
    exited,
    get stdout() {
      return outputs.stdout.text
    },
    get stderr() {
      return outputs.stderr.text
    },
    line(wanted, from = 'stdout') {
      const pattern = typeof wanted === 'string' ? new RegExp(`^.*${quote(wanted)}.*$`) : wanted
      const ended = exited.then(({ code, signal }) => {
        const { stdout, stderr } = outputs
        throw new Error(
          `${title} ended (${signal ?? code}) before it wrote ${wanted} to ${from}:\n${stdout.text}${stderr.text}`,
        )
      })
      return Promise.race([outputs[from].find(pattern), ended])
    },
    signal: (name) => void child.kill(name),
    kill,
  }
}

/** Starts a program for Node, by the same Node: `startNode([script, ...args])`. */
export function startNode(args: readonly string[], options?: TestProcessOptions): TestProcess {
  return startProcess(process.execPath, args, options)
}

function quote(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}

interface Output {
  readonly text: string
  find(pattern: RegExp): Promise<RegExpExecArray>
}

function readLines(child: ChildProcess, name: 'stdout' | 'stderr'): Output {
  let text = ''
  /** What stands behind the last line end. */
  let rest = ''
  const watchers = new Set<(line: string) => void>()
  child[name]!.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-KEPT_CHARACTERS)
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()!
    for (const line of lines) for (const watch of [...watchers]) watch(line)
  })
  return {
    get text() {
      return text
    },
    find: (pattern) =>
      new Promise((resolve) => {
        const watch = (line: string) => {
          const match = pattern.exec(line)
          if (match === null) return
          watchers.delete(watch)
          resolve(match)
        }
        watchers.add(watch)
        const complete = text.slice(0, Math.max(0, text.length - rest.length)).split('\n')
        for (const line of complete.slice(0, -1)) if (watchers.has(watch)) watch(line)
      }),
  }
}
