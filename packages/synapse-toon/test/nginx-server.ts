import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type Exit, startProcess } from './child-process-kit.ts'
import { freePort } from './free-port.ts'

/** The file that we ship is the one that is tested. */
const SHIPPED = new URL('../../../deploy/nginx.conf', import.meta.url)

export interface NginxServer {
  readonly url: string
  readonly host: string
  readonly port: number
  /** Of the master. */
  readonly pid: number
  /** What it logs, from `notice` on; the last 64 KiB. */
  readonly log: string
  /**
   * Takes a changed configuration (SIGHUP to the master), and waits until new workers answer. Old
   * ones go on with their streams.
   *
   * @param targets in place of those before. Default: the same
   */
  reload(targets?: readonly NginxTarget[]): Promise<void>
  /** Ends it with all its streams (SIGTERM), and waits until master and workers are gone. */
  stop(): Promise<Exit>
}

/** An instance behind nginx. */
interface NginxTarget {
  /** Default 127.0.0.1. */
  readonly host?: string
  readonly port: number
}

export interface NginxOptions {
  readonly targets: readonly NginxTarget[]
  /** Further changes to `deploy/nginx.conf`: a text that must stand there once, and what replaces it. */
  readonly replace?: Readonly<Record<string, string>>
  /** Default 2. */
  readonly workers?: number
}

const HOST = '127.0.0.1'

/**
 * A real nginx with `deploy/nginx.conf` on a free port of loopback, before `targets`. All it writes
 * is in a folder of its own; it ends with the test. A service of the system is not touched.
 *
 * @throws when a text to replace is not in the file, or is there twice
 */
export async function startNginx(options: NginxOptions): Promise<NginxServer> {
  const { replace = {}, workers = 2 } = options
  const port = await freePort()
  const folder = await temporaryFolder()
  const file = join(folder, 'nginx.conf')
  const shipped = await readFile(SHIPPED, 'utf8')

  const write = (targets: readonly NginxTarget[]) => {
    let text = withTargets(shipped, targets)
    const changes = { 'listen 80;': `listen ${HOST}:${port};`, ...replace }
    for (const [from, to] of Object.entries(changes)) text = replaceOnce(text, from, to)
    return writeFile(file, withSurroundings(text, folder, workers))
  }

  let { targets } = options
  await write(targets)
  // SIGTERM: a master that is killed leaves its workers behind.
  const server = startProcess(findNginx(), ['-c', file, '-p', folder], { endBy: 'SIGTERM' })
  const known: string[] = []
  const awaitWorkers = async () => {
    const pids: string[] = []
    while (pids.length < workers) {
      const others = [...known, ...pids, 0].join('|')
      const line = new RegExp(`start worker process (?!(?:${others})$)(\\d+)$`)
      pids.push((await server.line(line, 'stderr'))[1]!)
    }
    known.push(...pids)
    return pids
  }
  let running = await awaitWorkers()

  return {
    url: `http://${HOST}:${port}`,
    host: HOST,
    port,
    pid: server.pid,
    get log() {
      return server.stderr
    },
    async reload(changed = targets) {
      targets = changed
      await write(targets)
      server.signal('SIGHUP')
      const old = running
      running = await awaitWorkers()
      // Until then an old worker may still take a connection.
      await Promise.all(
        old.map((pid) => server.line(new RegExp(` ${pid}#.* gracefully shutting down$`), 'stderr')),
      )
    },
    stop: () => server.kill('SIGTERM'),
  }
}

/** Debian keeps it where a plain user's PATH does not look. */
function findNginx(): string {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  const found = folders.map((folder) => join(folder, 'nginx')).find((path) => existsSync(path))
  if (found === undefined) {
    throw new Error('nginx is not installed; install it with: sudo apt-get install nginx-light')
  }
  return found
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'synapse-nginx-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  // The workers of a root's nginx are another user, and write in it.
  await chmod(folder, 0o755)
  return folder
}

/** The shipped upstream block with other addresses, and the shipped parameters on each of them. */
function withTargets(text: string, targets: readonly NginxTarget[]): string {
  const shipped = [...text.matchAll(/^( *server )127\.0\.0\.1:\d+(.*;)\n/gm)]
  const [whole, before, after] = shipped[0]!
  const lines = targets.map(({ host = HOST, port }) => `${before}${host}:${port}${after}\n`)
  const rest = shipped.slice(1).reduce((left, [line]) => replaceOnce(left, line, ''), text)
  return replaceOnce(rest, whole, lines.join(''))
}

/** Keeps all that it writes in its folder, and itself in the foreground. */
function withSurroundings(text: string, folder: string, workers: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `    ${name}_temp_path ${join(folder, name)};\n`)
    .join('')
  const inHttp = replaceOnce(text, 'http {\n', `http {\n${temporary}`)
  const counted = replaceOnce(inHttp, 'worker_processes auto;', `worker_processes ${workers};`)
  return `daemon off;\npid ${join(folder, 'nginx.pid')};\nerror_log stderr notice;\n${counted}`
}

function replaceOnce(text: string, from: string, to: string): string {
  const [before, after, ...more] = text.split(from)
  if (after === undefined || more.length > 0) {
    const found = after === undefined ? 'not' : 'more than once'
    throw new Error(`deploy/nginx.conf has ${JSON.stringify(from)} ${found}`)
  }
  return `${before}${to}${after}`
}
