import { describe, expect, it } from 'vitest'
import { startNode, startProcess, type TestProcessOptions } from './child-process-kit.ts'
import { until } from './test-server.ts'

/** Keeps a program alive until it is ended. */
const STAY = 'setInterval(() => {}, 1000)'

function run(program: string, options?: TestProcessOptions) {
  return startNode(['-e', program], options)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe('a process of a test', () => {
  it('is given arguments and environment, tells its output and how it ended', async () => {
    const child = startNode(
      ['-e', 'console.log(process.argv[1], process.env.ASKED)', 'an argument'],
      {
        env: { ASKED: 'yes' },
      },
    )
    expect(await child.exited).toEqual({ code: 0, signal: null })
    expect(child).toMatchObject({ stdout: 'an argument yes\n', stderr: '' })
  })

  it('is not given what is taken out of the environment', async () => {
    const child = run('console.log(Object.keys(process.env).includes("PATH"))', {
      env: { PATH: undefined },
    })
    await child.exited
    expect(child.stdout).toBe('false\n')
  })

  it('waits for a line, come before or after, whole, by text or by pattern', async () => {
    const child = run(`process.stdout.write('ready: 1(2)\\nhal'); setTimeout(() => {
      console.log('f done'); console.error('to the other side'); ${STAY} }, 50)`)
    const [line] = await child.line('1(2)')
    expect(line).toBe('ready: 1(2)')
    const [whole, word] = await child.line(/^half (\w+)$/)
    expect([whole, word]).toEqual(['half done', 'done'])
    await child.line('ready')
    await child.line('other side', 'stderr')
  })

  it('says what it wrote when it ends before the line', async () => {
    const child = run('console.log("one"); console.error("why"); process.exitCode = 3')
    const waiting = child.line('two')
    await expect(waiting).rejects.toThrow(/ended \(3\) before it wrote two to stdout:\none\nwhy/)
    await expect(child.line('two')).rejects.toThrow('before it wrote two')
    await child.line('one')
  })

  it('is killed, and gone when that settles; a second time does nothing', async () => {
    const child = run(`console.log('up'); ${STAY}`)
    await child.line('up')
    expect(isAlive(child.pid)).toBe(true)
    expect(await child.kill('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' })
    expect(isAlive(child.pid)).toBe(false)
    expect(await child.kill('SIGTERM')).toEqual({ code: null, signal: 'SIGKILL' })
  })

  it('may answer a signal and go on, or end as it likes', async () => {
    const child = run(`process.on('SIGHUP', () => console.log('heard'))
      process.on('SIGTERM', () => process.exit(7)); console.log('up'); ${STAY}`)
    await child.line('up')
    child.signal('SIGHUP')
    await child.line('heard')
    expect(await child.kill('SIGTERM')).toEqual({ code: 7, signal: null })
  })

  it('keeps the last 64 KiB of what it writes', async () => {
    const child = run(`for (let n = 0; n < 20_000; n++) console.log('line ' + n)`)
    await child.exited
    expect(child.stdout.length).toBe(65_536)
    expect(child.stdout.endsWith('line 19999\n')).toBe(true)
  })

  it('that cannot be started says why to whoever waits', async () => {
    const child = startProcess('/nowhere/program', [])
    await expect(child.line('x')).rejects.toThrow('/nowhere/program could not be started')
    await expect(child.exited).rejects.toThrow('ENOENT')
  })
})

describe('when a test is over', () => {
  const pids: number[] = []

  it('(a test that leaves two processes)', async () => {
    const children = [run(`console.log('up'); ${STAY}`), run(`console.log('up'); ${STAY}`)]
    await Promise.all(children.map((child) => child.line('up')))
    pids.push(...children.map(({ pid }) => pid))
    expect(pids.map(isAlive)).toEqual([true, true])
  })

  it('its processes are ended', async () => {
    expect(pids).toHaveLength(2)
    await until(() => !pids.some(isAlive), 'both are gone')
  })
})
