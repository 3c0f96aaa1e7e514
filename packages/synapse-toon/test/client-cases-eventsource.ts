import { type ClientCase, NO_MORE, plain, type ScriptedAnswer } from './client-case.ts'

/** So short, in ms, that a case does not wait: the server's own reconnection time. */
const SOON = 'retry: 200\n\n'

type Script = Omit<ClientCase, 'client' | 'behaviour'>

function rule(behaviour: string, script: Script): ClientCase {
  return { behaviour, client: 'EventSource', ...script }
}

/** One response, and 204. */
function once(behaviour: string, answer: ScriptedAnswer, id: string, ...log: string[]): ClientCase {
  return rule(behaviour, {
    answers: [answer, NO_MORE],
    requests: ['GET /', id === '' ? 'GET /' : `GET / id=${id}`],
    log: ['open', ...log, 'error connecting', 'error closed'],
  })
}

function fails(behaviour: string, answer: ScriptedAnswer): ClientCase {
  return rule(behaviour, { answers: [answer], requests: ['GET /'], log: ['error closed'] })
}

const LONG_ID = '0123456789'.repeat(20)

/** `EventSource`, by §9.2.2 to §9.2.6 of the WHATWG HTML standard and web-platform-tests. */
export const eventSourceCases: readonly ClientCase[] = [
  once(
    'hands out events, and stops at 204',
    plain(SOON, 'data: a\n\ndata: b\n\n'),
    '',
    'message "a" #',
    'message "b" #',
  ),
  once(
    'sends the last id when it comes back',
    plain(SOON, 'id: 7\ndata: a\n\n'),
    '7',
    'message "a" #7',
  ),
  once(
    'sends an id beyond ASCII as UTF-8',
    plain(SOON, 'id: é…😀\ndata: a\n\n'),
    'é…😀',
    'message "a" #é…😀',
  ),
  once(
    'sends an id that is long',
    plain(SOON, `id: ${LONG_ID}\ndata: a\n\n`),
    LONG_ID,
    `message "a" #${LONG_ID}`,
  ),
  once('sends an id of 0', plain(SOON, 'id: 0\ndata: a\n\n'), '0', 'message "a" #0'),
  once(
    'sends no id after an empty one',
    plain(SOON, 'id: 7\ndata: a\n\nid\ndata: b\n\n'),
    '',
    'message "a" #7',
    'message "b" #',
  ),
  once('sends the id of a block without data, which is no event', plain(SOON, 'id: 7\n\n'), '7'),
  once(
    'ignores an id with NUL',
    plain(SOON, 'id: 7\ndata: a\n\nid: 8\0\ndata: b\n\n'),
    '7',
    'message "a" #7',
    'message "b" #7',
  ),
  once(
    'does not send the id of an unfinished block',
    plain(SOON, 'id: 7\ndata: a\n\nid: 8\ndata: b\n'),
    '7',
    'message "a" #7',
  ),
  once('takes retry before its block ends', plain('retry: 200\ndata: cut'), ''),
  once(
    'keeps the good retry before a bad one',
    plain('retry: 200\nretry: 9x\nretry: -1\nretry\n\n'),
    '',
  ),
  once(
    'reads bytes cut anywhere',
    plain(SOON, 'da', 'ta: h', [0xc3], [0xa9], 'llo\n', '\n'),
    '',
    'message "héllo" #',
  ),
  once(
    'takes CR and CRLF for line ends',
    plain(SOON, 'data: a\r', '\r', 'data: b\r', '\n\r', '\n'),
    '',
    'message "a" #',
    'message "b" #',
  ),
  once(
    'drops one byte order mark',
    plain([0xef, 0xbb, 0xbf], `data: a\n\n${SOON}`),
    '',
    'message "a" #',
  ),
  once(
    'reads UTF-8 whatever the charset says',
    {
      ...plain(SOON, 'data: é\n\n'),
      headers: { 'Content-Type': 'text/event-stream; charset=windows-1251' },
    },
    '',
    'message "é" #',
  ),
  once(
    'reads broken UTF-8 as replacement characters',
    plain(SOON, 'data: a', [0xff], 'b\n\n'),
    '',
    'message "a\ufffdb" #',
  ),
  once(
    'ignores comments and unknown fields',
    plain(SOON, ': hi\nfoo: bar\ndata: a\n: ping\ndata: b\n\n'),
    '',
    'message "a\\nb" #',
  ),
  once(
    'takes a media type in any case',
    { ...plain(SOON), headers: { 'Content-Type': 'TEXT/Event-Stream' } },
    '',
  ),
  once('drops an unfinished block at the end', plain(SOON, 'data: a\n'), ''),

  rule('gives events by name', {
    answers: [
      plain(
        SOON,
        'event: add\ndata: 1\n\nevent: remove\ndata: 2\n\nevent: other\ndata: 3\n\nevent:\ndata: 4\n\n',
      ),
      NO_MORE,
    ],
    requests: ['GET /', 'GET /'],
    log: ['open', 'add "1" #', 'remove "2" #', 'message "4" #', 'error connecting', 'error closed'],
  }),
  rule('keeps an id over several reconnects, and inherits it', {
    answers: [plain(SOON, 'id: 7\ndata: a\n\n'), plain('data: b\n\n'), plain('id: 9\n\n'), NO_MORE],
    requests: ['GET /', 'GET / id=7', 'GET / id=7', 'GET / id=9'],
    log: [
      'open',
      'message "a" #7',
      'error connecting',
      'open',
      'message "b" #7',
      'error connecting',
      'open',
      'error connecting',
      'error closed',
    ],
  }),
  ...(['close', 'reset'] as const).flatMap((end) => [
    once(
      `comes back after a ${end} in the middle of a block`,
      { ...plain(SOON, 'id: 1\ndata: a\n\nid: 2\ndata: b'), end },
      '1',
      'message "a" #1',
    ),
    once(`comes back after a ${end} before the first byte`, { ...plain(SOON), end }, ''),
  ]),
  rule('comes back after a line that was cut before the response', {
    answers: [{ status: 0 }, plain('data: a\n\n'), NO_MORE],
    requests: ['GET /', 'GET /', 'GET /'],
    log: ['error connecting', 'open', 'message "a" #', 'error connecting', 'error closed'],
  }),
  rule('comes back several times', {
    answers: [{ status: 0 }, { status: 0 }, { status: 0 }, NO_MORE],
    requests: ['GET /', 'GET /', 'GET /', 'GET /'],
    log: ['error connecting', 'error connecting', 'error connecting', 'error closed'],
  }),
  fails('stops at 204 at once', NO_MORE),
  ...[201, 202, 205, 210, 299, 304, 400, 401, 404, 410, 429, 500, 503].map((status) =>
    fails(`fails on status ${status}, without another try`, { ...plain(), status }),
  ),
  ...['text/html', 'text/event-streamx', 'text/x-event-stream', 'text/event-stream, text/html'].map(
    (type) =>
      fails(`fails on the type ${type}`, {
        ...plain('data: a\n\n'),
        headers: { 'Content-Type': type },
      }),
  ),
  fails('fails without a type', { chunks: ['data: a\n\n'] }),
  ...[301, 302, 303, 307, 308].map((status) =>
    rule(`follows a redirect by ${status}, and comes back to the first address`, {
      answers: [
        { status, headers: { Location: '$/moved' } },
        plain(SOON, 'id: 1\ndata: a\n\n'),
        NO_MORE,
      ],
      requests: ['GET /', 'GET /moved', 'GET / id=1'],
      log: ['open', 'message "a" #1', 'error connecting', 'error closed'],
    }),
  ),
  rule('dispatches nothing after close, not even what came in the same chunk', {
    doing: { leaveAfter: 1 },
    answers: [{ ...plain(`data: a\n\ndata: b\n\n${SOON}`), end: 'hang' }],
    requests: ['GET /'],
    log: ['open', 'message "a" #'],
    left: [0],
  }),
  rule('asks with the right headers', {
    answers: [NO_MORE],
    watch: ['accept', 'cache-control'],
    requests: ['GET / accept=text/event-stream cache-control=no-cache'],
    log: ['error closed'],
  }),
  rule('asks for headers anew each time', {
    doing: { countsCalls: true },
    answers: [plain(SOON), NO_MORE],
    watch: ['x-call'],
    requests: ['GET / x-call=1', 'GET / x-call=2'],
    log: ['open', 'error connecting', 'error closed'],
  }),
  rule('sends a POST once, and fails when it is over', {
    options: { body: { question: 'é' } },
    answers: [plain(SOON, 'data: a\n\n')],
    watch: ['content-type'],
    requests: ['POST / body={"question":"é"} content-type=application/json'],
    log: ['open', 'message "a" #', 'error closed'],
  }),
  rule('goes on with GET where a POST was answered with an address', {
    options: { method: 'POST', body: 'q' },
    answers: [
      {
        ...plain(SOON, 'id: 1\ndata: a\n\n'),
        headers: { 'Content-Type': 'text/event-stream', 'Content-Location': '$/stream' },
      },
      NO_MORE,
    ],
    requests: ['POST / body=q', 'GET /stream id=1'],
    log: ['open', 'message "a" #1', 'error connecting', 'error closed'],
  }),
]
