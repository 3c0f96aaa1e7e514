import { readFile } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { SettingError } from '../setting-error.ts'
import { describe } from '../zod-issue.ts'
import { type ChatChunk, toPayload } from './chat-chunk.ts'
import { paced } from './paced.ts'
import { type RecordedStep, RecordingError, readRecording } from './recording.ts'
import type { AnswerSource } from './source.ts'

export interface ReplayOptions {
  readonly file: string
  /** Between two chunks, in ms; recordings hold no times. */
  readonly intervalMs: number
}

/**
 * Answers everything with one recorded stream of a provider: for demonstrations and tests without
 * a key.
 *
 * @throws {SettingError} when the file cannot be read or is no such recording
 */
export async function createReplaySource(options: ReplayOptions): Promise<AnswerSource<ChatChunk>> {
  const { file, intervalMs } = options
  const steps = await load(file)
  return {
    kind: 'replay',
    name: basename(file),
    note: `A recording of ${steps.length} events, the same for every question.`,
    open: (_messages, { signal }) => play(steps, intervalMs, signal),
    transform: toPayload,
  }
}

async function load(file: string): Promise<readonly RecordedStep[]> {
  try {
    return readRecording(await readFile(file), extname(file))
  } catch (error) {
    if (error instanceof RecordingError) throw unusable(file, error.message, error)
    const { code } = error as NodeJS.ErrnoException
    throw unusable(file, `cannot be read (${code ?? error})`, error)
  }
}

function unusable(file: string, problem: string, cause: unknown): SettingError {
  const cure = 'give a recording of an OpenAI chat stream, .jsonl or .sse'
  return new SettingError('replay', `${describe(file)} ${problem}; ${cure}`, 2, cause)
}

async function* play(
  steps: readonly RecordedStep[],
  intervalMs: number,
  signal: AbortSignal,
): AsyncGenerator<ChatChunk, void, undefined> {
  for await (const step of paced(steps, intervalMs, signal)) {
    if ('error' in step) throw step.error
    yield step.chunk
  }
}
