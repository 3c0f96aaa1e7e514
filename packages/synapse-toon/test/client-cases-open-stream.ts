import {
  type ClientCase,
  done,
  frame,
  idOf,
  NO_MORE,
  ours,
  plain,
  type ScriptedAnswer,
  STREAM_ID,
  update,
} from './client-case.ts'

type Script = Omit<ClientCase, 'client' | 'behaviour'>

function rule(behaviour: string, script: Script): ClientCase {
  return { behaviour, client: 'openStream', ...script }
}

const SAID_1 = 'update {"delta":"1 "} #01'
const SAID_2 = 'update {"delta":"2 "} #02'
const SAID_3 = 'update {"delta":"3 "} #03'

/** A response of ours that is cut, the rest of it, and what is said of both. */
function resumed(behaviour: string, first: ScriptedAnswer, rest: ScriptedAnswer): ClientCase {
  return rule(behaviour, {
    options: { body: { message: 'hi' } },
    answers: [first, rest],
    requests: ['POST / body={"message":"hi"}', `GET /stream id=${idOf(2)}`],
    log: [SAID_1, SAID_2, SAID_3, 'end complete'],
  })
}

function refused(behaviour: string, answer: ScriptedAnswer, said: string): ClientCase {
  return rule(behaviour, { answers: [answer], requests: ['GET /'], log: [`throw ${said}`] })
}

function encoded(encoding: string, ...chunks: string[]): ScriptedAnswer {
  const { headers } = ours()
  return { headers: { ...headers, 'X-Synapse-TOON-Encoding': encoding }, chunks }
}

const end = frame(4, 'done', { reason: 'complete', chunks: 3 })
const rest = ours(update(3), end)

const synapse: readonly ClientCase[] = [
  rule('reads a stream of ours to its end', {
    answers: [ours(update(1), update(2), done(3))],
    requests: ['GET /'],
    log: [SAID_1, SAID_2, 'end complete'],
  }),
  rule('asks for what it is told to', {
    options: { encoding: 'toon', lastEventId: idOf(2) },
    watch: ['accept', 'x-synapse-toon-encoding'],
    answers: [ours(update(3), end)],
    requests: [`GET / id=${idOf(2)} accept=text/event-stream x-synapse-toon-encoding=toon`],
    log: [SAID_3, 'end complete'],
  }),
  resumed('goes on after a reset', { ...ours(update(1), update(2)), end: 'reset' }, rest),
  resumed(
    'goes on after a line that was closed',
    { ...ours(update(1), update(2)), end: 'close' },
    rest,
  ),
  resumed('goes on after an end in order that is not the end', ours(update(1), update(2)), rest),
  resumed(
    'goes on after a cut in the middle of an event',
    { ...ours(update(1), update(2), update(3).slice(0, 60)), end: 'close' },
    rest,
  ),
  resumed(
    'drops what comes again',
    { ...ours(update(1), update(2)), end: 'close' },
    ours(update(1), update(2), update(3), end),
  ),
  resumed(
    'goes on when the server says when, and ends its response without an end',
    ours(update(1), update(2), 'retry: 20\n\n'),
    rest,
  ),
  rule('goes on again and again, as long as something comes', {
    answers: [1, 2, 3]
      .map((seq): ScriptedAnswer => ({ ...ours(update(seq)), end: 'close' }))
      .concat(ours(end)),
    requests: ['GET /', ...[1, 2, 3].map((seq) => `GET /stream id=${idOf(seq)}`)],
    log: [SAID_1, SAID_2, SAID_3, 'end complete'],
  }),
  rule('gives up when nothing more comes', {
    answers: [{ ...ours(update(1)), end: 'close' }, ours(), ours(), { status: 0 }],
    requests: ['GET /', ...Array(3).fill(`GET /stream id=${idOf(1)}`)],
    log: [SAID_1, 'throw ERR_SYNAPSE_TRUNCATED 200 "1 "'],
  }),
  rule('gets past a server that is restarted', {
    answers: [
      { ...ours(update(1)), end: 'reset' },
      { status: 0 },
      { status: 502 },
      { status: 503, headers: { 'retry-after-ms': '5' } },
      ours(update(2), done(3)),
    ],
    options: { reconnect: { initial: 2, maxAttempts: 5 } },
    requests: ['GET /', ...Array(4).fill(`GET /stream id=${idOf(1)}`)],
    log: [SAID_1, SAID_2, 'end complete'],
  }),
  rule('never sends a POST twice: not after a cut without an address', {
    options: { body: {} },
    answers: [
      {
        headers: { 'Content-Type': 'text/event-stream', 'X-Synapse-TOON-Stream': STREAM_ID },
        chunks: [update(1)],
        end: 'close',
      },
    ],
    requests: ['POST / body={}'],
    log: [SAID_1, 'throw ERR_SYNAPSE_TRUNCATED 200 "1 "'],
  }),
  ...[429, 502, 503, 504, 401].map((status) =>
    rule(`never sends a POST twice: not after ${status}`, {
      options: { body: {} },
      doing: { countsCalls: true },
      answers: [{ status, headers: { 'Retry-After': '0' } }],
      requests: ['POST / body={}'],
      log: [`throw ERR_SYNAPSE_HTTP_STATUS ${status} ""`],
    }),
  ),
  rule('never sends a POST twice: not after a line that was cut before the response', {
    options: { body: {} },
    answers: [{ status: 0 }],
    requests: ['POST / body={}'],
    log: ['throw ERR_SYNAPSE_CONNECT ""'],
  }),
  rule('tries 401 once more, with fresh headers', {
    doing: { countsCalls: true },
    watch: ['x-call'],
    answers: [{ status: 401 }, ours(update(1), done(2))],
    requests: ['GET / x-call=1', 'GET / x-call=2'],
    log: [SAID_1, 'end complete'],
  }),
  rule('tries 401 no second time', {
    doing: { countsCalls: true },
    answers: [{ status: 401 }, { status: 401 }],
    requests: ['GET /', 'GET /'],
    log: ['throw ERR_SYNAPSE_HTTP_STATUS 401 ""'],
  }),
  rule('tells of a gap, hands out the rest, and does not call it whole', {
    answers: [ours(update(1), frame(5, 'gap', { from: 2, to: 5 }), update(6), done(7))],
    requests: ['GET /'],
    log: [SAID_1, 'update {"delta":"6 "} #06 gap 2-5', 'throw ERR_SYNAPSE_TRUNCATED 200 "1 6 "'],
  }),
  rule('takes a jump within a response for merged events', {
    answers: [ours(update(1), update(3), end)],
    requests: ['GET /'],
    log: [SAID_1, 'update {"delta":"3 "} #03 gap 2-2', 'end complete'],
  }),
  rule('is told of the end of a stream that it went on to read', {
    answers: [
      { ...ours(update(1)), end: 'close' },
      { status: 204, headers: { 'X-Synapse-TOON-End': 'complete' } },
    ],
    requests: ['GET /', `GET /stream id=${idOf(1)}`],
    log: [SAID_1, 'end complete'],
  }),
  rule('is told of the failure of a stream that it went on to read', {
    answers: [
      { ...ours(update(1)), end: 'close' },
      { status: 204, headers: { 'X-Synapse-TOON-End': 'idle-timeout' } },
    ],
    requests: ['GET /', `GET /stream id=${idOf(1)}`],
    log: [SAID_1, 'throw ERR_SYNAPSE_STREAM_FAILED 200 idle-timeout "1 "'],
  }),
  rule('does not take a 204 for an end that it never saw', {
    answers: [{ ...ours(update(1)), end: 'close' }, NO_MORE],
    requests: ['GET /', `GET /stream id=${idOf(1)}`],
    log: [SAID_1, 'throw ERR_SYNAPSE_TRUNCATED 200 "1 "'],
  }),
  rule('is told that the stream is gone', {
    answers: [{ ...ours(update(1)), end: 'close' }, { status: 410 }],
    requests: ['GET /', `GET /stream id=${idOf(1)}`],
    log: [SAID_1, 'throw ERR_SYNAPSE_GONE 410 "1 "'],
  }),
  rule('is told that it is not its stream', {
    answers: [{ ...ours(update(1)), end: 'close' }, { status: 404 }],
    requests: ['GET /', `GET /stream id=${idOf(1)}`],
    log: [SAID_1, 'throw ERR_SYNAPSE_HTTP_STATUS 404 "1 "'],
  }),
  rule('ends with the error that the server sends', {
    answers: [
      ours(update(1), frame(2, 'error', { code: 'source-error', message: 'no', retryable: false })),
    ],
    requests: ['GET /'],
    log: [SAID_1, 'throw ERR_SYNAPSE_STREAM_FAILED 200 source-error "1 "'],
  }),
  rule('takes an end that is older than the last event', {
    answers: [
      { ...ours(update(1), update(2), update(3)), end: 'close' },
      ours(frame(2, 'error', { code: 'producer-lost', message: 'gone', retryable: true })),
    ],
    requests: ['GET /', `GET /stream id=${idOf(3)}`],
    log: [SAID_1, SAID_2, SAID_3, 'throw ERR_SYNAPSE_STREAM_FAILED 200 producer-lost "1 2 3 "'],
  }),
  rule('does not mix in another stream', {
    answers: [
      { ...ours(update(1)), end: 'close' },
      {
        ...ours(),
        headers: { ...ours().headers, 'X-Synapse-TOON-Stream': '00000000-0000-8000-8000' },
        end: 'hang',
      },
    ],
    requests: ['GET /', `GET /stream id=${idOf(1)}`],
    log: [SAID_1, 'throw ERR_SYNAPSE_PROTOCOL 200 "1 "'],
    left: [1],
  }),
  rule('reads TOON', {
    answers: [
      encoded(
        'toon',
        frame(1, 'update', 'delta: "1 "'),
        frame(2, 'done', 'reason: complete\ndata: chunks: 1'),
      ),
    ],
    requests: ['GET /'],
    log: [SAID_1, 'end complete'],
  }),
  rule('reads base64', {
    answers: [
      encoded(
        'base64',
        frame(1, 'update', 'eyJkZWx0YSI6IjEgIn0='),
        frame(2, 'done', 'eyJyZWFzb24iOiJjb21wbGV0ZSJ9'),
      ),
    ],
    requests: ['GET /'],
    log: [SAID_1, 'end complete'],
  }),
  rule('says what is wrong with base64 that is none', {
    answers: [{ ...encoded('base64', frame(1, 'update', '*')), end: 'hang' }],
    requests: ['GET /'],
    log: ['throw ERR_SYNAPSE_PAYLOAD 200 ""'],
    left: [0],
  }),
  rule('says what is wrong with JSON that is none, and keeps what came before', {
    answers: [{ ...ours(update(1), frame(2, 'update', '{"delta":')), end: 'hang' }],
    requests: ['GET /'],
    log: [SAID_1, 'throw ERR_SYNAPSE_PAYLOAD 200 "1 "'],
    left: [0],
  }),
  rule('says that it does not know an encoding', {
    answers: [{ ...encoded('zstd', update(1)), end: 'hang' }],
    requests: ['GET /'],
    log: ['throw ERR_SYNAPSE_PROTOCOL 200 ""'],
    left: [0],
  }),
  rule('frees the line when its loop is left', {
    doing: { leaveAfter: 1 },
    answers: [{ ...ours(update(1), update(2)), end: 'hang' }],
    requests: ['GET /'],
    log: [SAID_1, 'end left'],
    left: [0],
  }),
  rule('stops a stream at its own address', {
    doing: { stopAfter: 1, leaveAfter: 1, countsCalls: true },
    watch: ['x-call'],
    answers: [{ ...ours(update(1)), end: 'hang' }, NO_MORE],
    requests: ['GET / x-call=1', 'DELETE /stream x-call=2'],
    log: [SAID_1, 'end left'],
    left: [0],
  }),
  rule('comes back after a line that fell silent', {
    options: { timeouts: { lineIdle: 100 } },
    answers: [{ ...ours(update(1)), end: 'hang' }, ours(update(2), done(3))],
    requests: ['GET /', `GET /stream id=${idOf(1)}`],
    log: [SAID_1, SAID_2, 'end complete'],
    left: [0],
  }),
  rule('is not fooled by a server without content', {
    options: { timeouts: { contentIdle: 100 } },
    answers: [{ ...ours(update(1), ': ping\n', ': ping\n'), end: 'hang' }],
    requests: ['GET /'],
    log: [SAID_1, 'throw ERR_SYNAPSE_IDLE_TIMEOUT 200 content "1 "'],
    left: [0],
  }),
  rule('does not wait for a response for ever', {
    options: { timeouts: { connect: 100 }, reconnect: { maxAttempts: 0 } },
    answers: [{ ...ours(), status: 500, chunks: ['{"error":"no"}'], end: 'hang' }],
    requests: ['GET /'],
    log: ['throw ERR_SYNAPSE_HTTP_STATUS 500 ""'],
    left: [0],
  }),
  rule('does not let one event grow without bound', {
    options: { maxEventBytes: 10_000 },
    answers: [{ ...ours(update(1), `data: ${'x'.repeat(20_000)}`), end: 'hang' }],
    requests: ['GET /'],
    log: [SAID_1, 'throw ERR_SYNAPSE_PROTOCOL 200 "1 "'],
    left: [0],
  }),
]

const refusals: readonly ClientCase[] = [
  refused(
    'takes no HTML for a stream',
    { headers: { 'Content-Type': 'text/html' }, chunks: ['<h1>Sign in</h1>'] },
    'ERR_SYNAPSE_CONTENT_TYPE 200 ""',
  ),
  refused(
    'takes no JSON for a stream',
    { headers: { 'Content-Type': 'application/json' }, chunks: ['{}'] },
    'ERR_SYNAPSE_CONTENT_TYPE 200 ""',
  ),
  refused(
    'takes no response without a type for a stream',
    { chunks: ['data: a\n\n'] },
    'ERR_SYNAPSE_CONTENT_TYPE 200 ""',
  ),
  ...[400, 403, 404, 409, 500, 501].map((status) =>
    refused(`ends at ${status}`, { status }, `ERR_SYNAPSE_HTTP_STATUS ${status} ""`),
  ),
  refused(
    'does not wait for ages',
    { status: 503, headers: { 'Retry-After': '99999999' } },
    'ERR_SYNAPSE_HTTP_STATUS 503 ""',
  ),
  refused('ends at 410', { status: 410 }, 'ERR_SYNAPSE_GONE 410 ""'),
]

const eventSource: readonly ClientCase[] = [
  rule('reads a feed over its ends, sends its ids, drops what comes again, and ends at 204', {
    options: { reconnect: { initial: 2, jitter: 0 } },
    answers: [
      plain('id: 1\ndata: "a"\n\nid: 2\ndata: "b"\n\n'),
      { ...plain('id: 2\ndata: "b"\n\nid: 3\ndata: "c"\n\n'), end: 'reset' },
      NO_MORE,
    ],
    requests: ['GET /', 'GET / id=2', 'GET / id=3'],
    log: ['message "a" #1', 'message "b" #2', 'message "c" #3', 'end nothing-more'],
  }),
  rule('takes the time to come back from retry', {
    answers: [plain('retry: 10\n\ndata: "a"\n\n'), NO_MORE],
    requests: ['GET /', 'GET /'],
    log: ['message "a" #', 'end nothing-more'],
  }),
  rule('ends at the data that terminal names', {
    options: { terminal: '[DONE]' },
    answers: [{ ...plain('data: "a"\n\ndata: [DONE]\n\ndata: "b"\n\n'), end: 'hang' }],
    requests: ['GET /'],
    log: ['message "a" #', 'end complete'],
    left: [0],
  }),
  rule('is truncated without the data that terminal names', {
    options: { terminal: '[DONE]' },
    answers: [plain('data: "a"\n\n')],
    requests: ['GET /'],
    log: ['message "a" #', 'throw ERR_SYNAPSE_TRUNCATED 200 "a"'],
  }),
  rule('goes on to the data that terminal names, from an id', {
    options: { terminal: '[DONE]' },
    answers: [
      { ...plain('id: 1\ndata: "a"\n\n'), end: 'reset' },
      plain('id: 2\ndata: "b"\n\ndata: [DONE]\n\n'),
    ],
    requests: ['GET /', 'GET / id=1'],
    log: ['message "a" #1', 'message "b" #2', 'end complete'],
  }),
  rule('reads text as it is', {
    options: { encoding: 'text', terminal: 'bye' },
    answers: [plain('data: {not\ndata: json\n\ndata: bye\n\n')],
    requests: ['GET /'],
    log: ['message "{not\\njson" #', 'end complete'],
  }),
  rule('reads a POST to the end of its response', {
    options: { body: 'q' },
    answers: [plain('data: "a"\n\n')],
    requests: ['POST / body=q'],
    log: ['message "a" #', 'end end-of-response'],
  }),
  rule('ends at 204 at once', {
    answers: [NO_MORE],
    requests: ['GET /'],
    log: ['end nothing-more'],
  }),
  rule('follows a redirect', {
    options: { terminal: 'bye' },
    answers: [{ status: 307, headers: { Location: '$/moved' } }, plain('data: 1\n\ndata: bye\n\n')],
    requests: ['GET /', 'GET /moved'],
    log: ['message 1 #', 'end complete'],
  }),
  rule('tries 503 again, and a line that was cut before the response', {
    options: { terminal: 'bye' },
    answers: [{ status: 503 }, { status: 0 }, plain('data: bye\n\n')],
    requests: ['GET /', 'GET /', 'GET /'],
    log: ['end complete'],
  }),
]

const chunk = (content: string, reason: string | null) =>
  JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: reason }] })

const providers: readonly ClientCase[] = [
  rule('reads OpenAI to [DONE]', {
    options: { protocol: 'openai', body: {} },
    answers: [{ ...plain(`data: ${chunk('a', 'stop')}\n\n`, 'data: [DONE]\n\n'), end: 'hang' }],
    requests: ['POST / body={}'],
    log: [`message ${chunk('a', 'stop')} #`, 'end complete'],
    left: [0],
  }),
  rule('says that OpenAI was truncated', {
    options: { protocol: 'openai', body: {} },
    answers: [plain(`data: ${chunk('a', null)}\n\n`)],
    requests: ['POST / body={}'],
    log: [`message ${chunk('a', null)} #`, 'throw ERR_SYNAPSE_TRUNCATED 200 "a"'],
  }),
  rule('says what error OpenAI sent', {
    options: { protocol: 'openai', body: {} },
    answers: [plain('data: {"error":{"type":"server_error","message":"no"}}\n\n')],
    requests: ['POST / body={}'],
    log: ['throw ERR_SYNAPSE_STREAM_FAILED 200 server_error ""'],
  }),
  rule('never asks OpenAI again, not even with GET', {
    options: { protocol: 'openai' },
    answers: [{ ...plain(`data: ${chunk('a', null)}\n\n`), end: 'reset' }],
    requests: ['GET /'],
    log: [`message ${chunk('a', null)} #`, 'throw ERR_SYNAPSE_TRUNCATED 200 "a"'],
  }),
  rule('reads Anthropic to message_stop, past pings', {
    options: { protocol: 'anthropic', body: {} },
    answers: [
      plain(
        'event: ping\ndata: {"type":"ping"}\n\n',
        'event: message_stop\ndata: {"type":"message_stop"}\n\n',
      ),
    ],
    requests: ['POST / body={}'],
    log: ['message_stop {"type":"message_stop"} #', 'end complete'],
  }),
  rule('says what error Anthropic sent', {
    options: { protocol: 'anthropic', body: {} },
    answers: [
      plain('event: error\ndata: {"type":"error","error":{"type":"overloaded_error"}}\n\n'),
    ],
    requests: ['POST / body={}'],
    log: ['throw ERR_SYNAPSE_STREAM_FAILED 200 overloaded_error ""'],
  }),
]

export const openStreamCases: readonly ClientCase[] = [
  ...synapse,
  ...refusals,
  ...eventSource,
  ...providers,
]
