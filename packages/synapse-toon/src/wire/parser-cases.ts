import type { ParsedEvent } from './parser.ts'
import { utf8 } from './test-kit.ts'

// A table, and so longer than a file of ours may be: one line of the standard, one case.

/** What one stream says, by the WHATWG HTML standard. Lists that are left out are empty. */
export interface ParserCase {
  readonly behaviour: string
  readonly bytes: Uint8Array
  readonly events: ParsedEvent[]
  readonly lastEventId: string
  readonly retries: number[]
  readonly comments: string[]
}

type Said = Partial<Pick<ParserCase, 'lastEventId' | 'retries' | 'comments'>>

/** Text as UTF-8, numbers as they are. */
function stream(...parts: (string | number)[]): Uint8Array {
  return new Uint8Array(
    parts.flatMap((part) => (typeof part === 'string' ? [...utf8(part)] : part)),
  )
}

function rule(
  behaviour: string,
  bytes: string | Uint8Array,
  events: ParsedEvent[],
  said: Said = {},
): ParserCase {
  return {
    behaviour,
    bytes: typeof bytes === 'string' ? utf8(bytes) : bytes,
    events,
    lastEventId: events.at(-1)?.lastEventId ?? '',
    retries: [],
    comments: [],
    ...said,
  }
}

/** An event whose block set no id. */
export function message(data: string, lastEventId = ''): ParsedEvent {
  return { event: 'message', data, lastEventId }
}

function named(event: string, data: string): ParsedEvent {
  return { event, data, lastEventId: '' }
}

/** An event whose block set this id. */
export function withId(id: string, data: string): ParsedEvent {
  return { event: 'message', data, lastEventId: id, id }
}

// One section of the standard after the other: https://html.spec.whatwg.org/ §9.2.5 and §9.2.6.
const examplesOfTheStandard = [
  rule(
    'three data lines make one event (the stock example)',
    'data: YHOO\ndata: +2\ndata: 10\n\n',
    [message('YHOO\n+2\n10')],
  ),
  rule(
    'a comment, two events with id and reset, and an unfinished third (the four-block example)',
    ': test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event',
    [withId('1', 'first event'), withId('', 'second event')],
    { comments: ['test stream'] },
  ),
  rule(
    'data without colon: empty, then one LF (the third example)',
    'data\n\ndata\ndata\n\ndata:',
    [message(''), message('\n')],
  ),
  rule(
    'the space after the colon is optional (the fourth example)',
    'data:test\n\ndata: test\n\n',
    [message('test'), message('test')],
  ),
  rule(
    'named events, the userconnect example',
    'event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\n',
    [named('add', '73857293'), named('remove', '2153')],
  ),
  rule(
    'odd field names between good ones (web-platform-tests, format-field-parsing)',
    'data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\rdata:\r\n data:32\ndata:4\n\n',
    [message('\0\n 2\n1\n3\n\n4')],
  ),
]

const byteOrderMark = [
  rule('one BOM at the start is dropped', '\ufeffdata: x\n\n', [message('x')]),
  rule('only the first of two BOMs is dropped', '\ufeff\ufeffdata: x\ndata: y\n\n', [message('y')]),
  rule('a BOM at the start of a later event is content', 'data: a\n\n\ufeffdata: b\n\n', [
    message('a'),
  ]),
  rule('a BOM at the start of a later line is content', 'data: a\n\ufeffdata: b\ndata: c\n\n', [
    message('a\nc'),
  ]),
  rule('a BOM in a value is content', 'data: \ufeffx\ufeff\n\n', [message('\ufeffx\ufeff')]),
  rule('a BOM after a first line end is content', '\n\ufeffdata: x\n\n', []),
  rule('a BOM and a line end are no event', '\ufeff\n\n', []),
  rule('a BOM alone is no event', '\ufeff', []),
  rule('a BOM before a comment is dropped', '\ufeff: hi\n', [], { comments: ['hi'] }),
  rule('two bytes of a BOM are content', stream(0xef, 0xbb, 'data: x\ndata: y\n\n'), [
    message('y'),
  ]),
  rule('one byte of a BOM is content', stream(0xef, 'data: x\ndata: y\n\n'), [message('y')]),
  rule('a BOM after two bytes of one is content', stream(0xef, 0xbb, '\ufeff:x\ndata: y\n\n'), [
    message('y'),
  ]),
  rule('a part of a BOM and a line end are an unknown field', stream(0xef, 0xbb, '\ndata: y\n\n'), [
    message('y'),
  ]),
  rule('a UTF-16 BOM is content', stream(0xff, 0xfe, 'data: x\ndata: y\n\n'), [message('y')]),
]

const lineEnds = [
  rule('LF ends lines', 'data: a\ndata: b\n\n', [message('a\nb')]),
  rule('CR ends lines', 'data: a\rdata: b\r\r', [message('a\nb')]),
  rule('CRLF ends lines, once', 'data: a\r\ndata: b\r\n\r\n', [message('a\nb')]),
  rule('all three mix in one block', 'data: a\rdata: b\ndata: c\r\n\r\n', [message('a\nb\nc')]),
  rule('CR and then LF on the next line', 'data: a\rdata: b\n\ndata: c\r\r', [
    message('a\nb'),
    message('c'),
  ]),
  rule('LF CR is two line ends', 'data: a\n\rdata: b\n\n', [message('a'), message('b')]),
  rule('CR CRLF is two line ends', 'data: a\r\r\ndata: b\r\r\n', [message('a'), message('b')]),
  rule('CRLF CR is two line ends', 'data: a\r\n\rdata: b\r\n\r', [message('a'), message('b')]),
  rule('CRLF LF is two line ends', 'data: a\r\n\ndata: b\r\n\n', [message('a'), message('b')]),
  rule('LF CRLF is two line ends', 'data: a\n\r\ndata: b\n\r\n', [message('a'), message('b')]),
  rule('one CRLF after data does not end the block', 'data: a\r\n', []),
  rule('CR CR ends the block at once', 'data: a\r\r', [message('a')]),
  rule(
    'empty lines before and between events say nothing',
    '\n\r\r\n\ndata: a\n\n\n\r\n\rdata: b\n\n',
    [message('a'), message('b')],
  ),
  rule('only line ends say nothing', '\n\n\r\r\r\n\r\n', []),
  rule('U+2028, U+2029 and U+0085 are no line ends', 'data: a\u2028b\u2029c\u0085d\n\n', [
    message('a\u2028b\u2029c\u0085d'),
  ]),
  rule('vertical tab and form feed are no line ends', 'data: a\vb\fc\n\n', [message('a\vb\fc')]),
  rule('a blank line with a space is a field, not an end', 'data: a\n \ndata: b\n\n', [
    message('a\nb'),
  ]),
]

const fields = [
  rule('only the first colon splits', 'data: a: b:c\n\n', [message('a: b:c')]),
  rule('a colon right after the colon is content', 'data::x\n\ndata: :x\n\n', [
    message(':x'),
    message(':x'),
  ]),
  rule('only one space after the colon is dropped', 'data:   x\n\n', [message('  x')]),
  rule('a tab after the colon is content', 'data:\tx\n\n', [message('\tx')]),
  rule('a no-break space after the colon is content', 'data:\u00a0x\n\n', [message('\u00a0x')]),
  rule('spaces at the end are content', 'data: x  \n\n', [message('x  ')]),
  rule('a space before the colon belongs to the name', 'data : x\ndata: y\n\n', [message('y')]),
  rule('a space before the name belongs to the name', ' data: x\ndata: y\n\n', [message('y')]),
  rule(
    'names in another case are unknown',
    'Data: x\nDATA: x\nEvent: x\nID: 1\nRetry: 5\ndata: y\n\n',
    [message('y')],
  ),
  rule('unknown fields are ignored', 'foo: bar\nfoo\nfoo:\ndata: y\nx-data: z\n\n', [message('y')]),
  rule(
    'names that only begin or end like known ones are unknown',
    'dat: x\ndatax: x\nxdata: x\nidx: 1\nevents: x\ndata: y\n\n',
    [message('y')],
  ),
  rule(
    'names of object properties are unknown fields',
    '__proto__: x\nconstructor: x\ntoString\ndata: y\n\n',
    [message('y')],
  ),
  rule('a full-width colon is no colon', 'data：x\ndata: y\n\n', [message('y')]),
  rule('NUL in data is content', 'data: a\0b\n\n', [message('a\0b')]),
  rule('JSON passes unchanged', 'data: {"a":"b: c","d":[1, 2]}\n\n', [
    message('{"a":"b: c","d":[1, 2]}'),
  ]),
]

const comments = [
  rule('a comment says nothing to the page', ': hello\n\n', [], { comments: ['hello'] }),
  rule('a comment loses one space at most', ':a\n: b\n:  c\n:\n: \n', [], {
    comments: ['a', 'b', ' c', '', ''],
  }),
  rule(
    'a line that begins with a colon is a comment whatever follows',
    ':data: x\n: id: 1\n\n',
    [],
    {
      comments: ['data: x', 'id: 1'],
    },
  ),
  rule('a comment does not split a block', 'data: a\n: ping\ndata: b\n\n', [message('a\nb')], {
    comments: ['ping'],
  }),
  rule(
    'a comment between events changes nothing',
    'id: 1\ndata: a\n\n: ping\ndata: b\n\n',
    [withId('1', 'a'), message('b', '1')],
    { comments: ['ping'] },
  ),
  rule('a comment and an empty line after an id dispatch nothing', 'id: 1\n: ping\n\n', [], {
    comments: ['ping'],
    lastEventId: '1',
  }),
  rule('a space before the colon makes it a field, not a comment', ' : x\ndata: y\n\n', [
    message('y'),
  ]),
]

const data = [
  rule('data without colon dispatches an empty event', 'data\n\n', [message('')]),
  rule('data with an empty value dispatches an empty event', 'data:\n\n', [message('')]),
  rule('data with one space dispatches an empty event', 'data: \n\n', [message('')]),
  rule('two empty data lines are one LF', 'data:\ndata\n\n', [message('\n')]),
  rule('three empty data lines are two LF', 'data\ndata:\ndata: \n\n', [message('\n\n')]),
  rule('an empty first line is kept', 'data:\ndata: x\n\n', [message('\nx')]),
  rule('an empty last line is kept', 'data: x\ndata:\n\n', [message('x\n')]),
  rule('data lines need not be neighbours', 'data: a\nevent: e\ndata: b\nfoo\ndata: c\n\n', [
    named('e', 'a\nb\nc'),
  ]),
  rule('data does not leak into the next event', 'data: a\ndata: b\n\ndata: c\n\n', [
    message('a\nb'),
    message('c'),
  ]),
]

const eventNames = [
  rule('an event name is given', 'event: update\ndata: x\n\n', [named('update', 'x')]),
  rule('an event name may follow the data', 'data: x\nevent: update\n\n', [named('update', 'x')]),
  rule('an empty event name means message', 'event:\ndata: x\n\nevent: \ndata: y\n\n', [
    message('x'),
    message('y'),
  ]),
  rule('an event field without colon means message', 'event\ndata: x\n\n', [message('x')]),
  rule('the last event name counts', 'event: a\nevent: b\ndata: x\n\n', [named('b', 'x')]),
  rule('an empty event name takes back an earlier one', 'event: a\nevent\ndata: x\n\n', [
    message('x'),
  ]),
  rule('an event name does not outlive its event', 'event: a\ndata: x\n\ndata: y\n\n', [
    named('a', 'x'),
    message('y'),
  ]),
  rule('an event name does not outlive a block without data', 'event: a\n\ndata: x\n\n', [
    message('x'),
  ]),
  rule('blanks and NUL in an event name are kept', 'event:  a b \0\ndata: x\n\n', [
    named(' a b \0', 'x'),
  ]),
  rule('names of object properties are event names', 'event: __proto__\ndata: x\n\n', [
    named('__proto__', 'x'),
  ]),
]

const ids = [
  rule('an id is given', 'id: 1\ndata: x\n\n', [withId('1', 'x')]),
  rule('an id may follow the data', 'data: x\nid: 1\n\n', [withId('1', 'x')]),
  rule(
    'later events inherit the id and have no id of their own',
    'id: 1\ndata: a\n\ndata: b\n\ndata: c\n\n',
    [withId('1', 'a'), message('b', '1'), message('c', '1')],
  ),
  rule('an id that is set again is an id of its own', 'id: 1\ndata: a\n\nid: 1\ndata: b\n\n', [
    withId('1', 'a'),
    withId('1', 'b'),
  ]),
  rule('an empty id resets', 'id: 1\ndata: a\n\nid:\ndata: b\n\ndata: c\n\n', [
    withId('1', 'a'),
    withId('', 'b'),
    message('c', ''),
  ]),
  rule('an id field without colon resets', 'id: 1\ndata: a\n\nid\ndata: b\n\n', [
    withId('1', 'a'),
    withId('', 'b'),
  ]),
  rule('the id 0 is an id', 'id: 0\ndata: a\n\n', [withId('0', 'a')]),
  rule('the last id of a block counts', 'id: 1\nid: 2\ndata: a\n\n', [withId('2', 'a')]),
  rule('an id with NUL is ignored', 'id: 1\0\ndata: a\n\nid: \0\ndata: b\n\n', [
    message('a'),
    message('b'),
  ]),
  rule('an id with NUL leaves the earlier one', 'id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n', [
    withId('1', 'a'),
    message('b', '1'),
  ]),
  rule(
    'an id with NUL does not take back a good one of its block',
    'id: 1\nid: \x002\ndata: a\n\n',
    [withId('1', 'a')],
  ),
  rule('an id counts in a block without data, which dispatches nothing', 'id: 5\n\n', [], {
    lastEventId: '5',
  }),
  rule('an event inherits the id of a block without data', 'id: 5\n\ndata: a\n\n', [
    message('a', '5'),
  ]),
  rule('an empty id resets in a block without data', 'id: 5\ndata: a\n\nid\n\ndata: b\n\n', [
    withId('5', 'a'),
    message('b', ''),
  ]),
  rule('an id may be any text', 'id:  a: b é😀 \ndata: x\n\n', [withId(' a: b é😀 ', 'x')]),
  rule('the id of an unfinished block does not count', 'id: 1\ndata: a\n\nid: 2\ndata: b\n', [
    withId('1', 'a'),
  ]),
]

const retries = [
  rule('retry takes digits', 'retry: 10\n\n', [], { retries: [10] }),
  rule('retry needs no space', 'retry:10\n\n', [], { retries: [10] }),
  rule('retry 0 counts', 'retry: 0\n\n', [], { retries: [0] }),
  rule('retry may have leading zeros and is decimal', 'retry: 0010\n\n', [], { retries: [10] }),
  rule('retry with a sign is ignored', 'retry: -1\nretry: +1\n\n', []),
  rule(
    'retry with other characters is ignored',
    'retry: 1a\nretry: 1.5\nretry: 1e3\nretry: 0x10\n\n',
    [],
  ),
  rule('retry without a value is ignored', 'retry:\nretry: \nretry\n\n', []),
  rule('retry with a second space is ignored', 'retry:  1\n\n', []),
  rule('retry with a space at the end is ignored', 'retry: 1 \n\n', []),
  rule('retry with full-width digits is ignored', 'retry: １０\n\n', []),
  rule(
    'each valid retry counts, with or without data',
    'retry: 1\nretry: x\nretry: 2\ndata: a\n\nretry: 3\n\n',
    [message('a')],
    { retries: [1, 2, 3] },
  ),
  rule('retry counts at the end of its line, before the block ends', 'retry: 7\n', [], {
    retries: [7],
  }),
]

const ends = [
  rule('no bytes say nothing', '', []),
  rule('an unfinished line is dropped', 'data: x', []),
  rule('an unfinished block is dropped', 'data: x\n', []),
  rule('an unfinished block is dropped after events', 'data: a\n\nevent: e\ndata: b\r\n', [
    message('a'),
  ]),
  rule('an unfinished line after events is dropped', 'data: a\n\ndata: b\ndata: c', [message('a')]),
  rule('an unfinished comment is dropped', ': x\n: y', [], { comments: ['x'] }),
  rule('an unfinished retry is dropped', 'retry: 1\nretry: 2', [], { retries: [1] }),
]

const utf8Rules = [
  rule('characters of two, three and four bytes', 'data: é€😀\n\n', [message('é€😀')]),
  rule('the highest and the last private character', 'data: \u{10ffff}\uffff\n\n', [
    message('\u{10ffff}\uffff'),
  ]),
  rule(
    'characters cut by every read, in names and ids',
    'event: é€😀\nid: 漢字\ndata: 漢\ndata: 字\n\n',
    [{ event: 'é€😀', data: '漢\n字', lastEventId: '漢字', id: '漢字' }],
  ),
  rule('a byte that is never UTF-8 becomes U+FFFD', stream('data: a', 0xff, 'b\n\n'), [
    message('a\ufffdb'),
  ]),
  rule('a lone continuation byte becomes U+FFFD', stream('data: ', 0x80, 'b\n\n'), [
    message('\ufffdb'),
  ]),
  rule('an overlong form becomes one U+FFFD per byte', stream('data: ', 0xc0, 0x80, '\n\n'), [
    message('\ufffd\ufffd'),
  ]),
  rule(
    'an encoded surrogate becomes one U+FFFD per byte',
    stream('data: ', 0xed, 0xa0, 0x80, '\n\n'),
    [message('\ufffd\ufffd\ufffd')],
  ),
  rule(
    'a value above U+10FFFF becomes one U+FFFD per byte',
    stream('data: ', 0xf4, 0x90, 0x80, 0x80, '\n\n'),
    [message('\ufffd\ufffd\ufffd\ufffd')],
  ),
  rule('a character cut short becomes one U+FFFD', stream('data: ', 0xf0, 0x9f, 0x98, 'x\n\n'), [
    message('\ufffdx'),
  ]),
  rule(
    'a character cut short by a line end does not eat it',
    stream('data: ', 0xe2, 0x82, '\ndata: y', 0xc3, '\r\r'),
    [message('\ufffd\ny\ufffd')],
  ),
  rule('a broken byte makes a field name unknown', stream('data', 0xff, ': x\ndata: y\n\n'), [
    message('y'),
  ]),
  rule('a broken byte in an id stays in it', stream('id: 1', 0xff, '\ndata: y\n\n'), [
    withId('1\ufffd', 'y'),
  ]),
]

const LONG = 'x'.repeat(2048)

/** What browsers are held to by web-platform-tests, folder eventsource, and which file says so. */
const heldByBrowsers = [
  rule(
    'comments of any length and with NUL are passed over (format-comments)',
    `data:1\r:\0\n:\r\ndata:2\n:${LONG}\rdata:3\n:data:fail\r:${LONG}\ndata:4\n\n`,
    [message('1\n2\n3\n4')],
    { comments: ['\0', '', LONG, 'data:fail', LONG] },
  ),
  rule(
    'data before the end of the stream is dropped without its empty line (format-data-before-final-empty-line)',
    'retry:1000\ndata:test1\n\nid:test\ndata:test2',
    [message('test1')],
    { retries: [1000] },
  ),
  rule(
    'data fields with and without value (format-field-data)',
    'data:\n\ndata\ndata\n\ndata:test\n\n',
    [message(''), message('\n'), message('test')],
  ),
  rule(
    'an event name that is a blank alone is none (format-field-event-empty)',
    'event: \ndata:data\n\n',
    [message('data')],
  ),
  rule(
    'a named event, and then one without a name (format-field-event)',
    'event:test\ndata:x\n\ndata:x\n\n',
    [named('test', 'x'), message('x')],
  ),
  rule(
    'an id beyond ASCII (format-field-id)',
    'id:…\nretry:200\ndata:hello\n\n',
    [withId('…', 'hello')],
    { retries: [200] },
  ),
  rule(
    'an id that persists, changes and persists (format-field-id-3)',
    'id: 1\ndata: 1\n\nid: 2\ndata:2\n\ndata:3\n\n',
    [withId('1', '1'), withId('2', '2'), message('3', '2')],
  ),
  rule(
    'an id that is reset stays so (format-field-id-3)',
    'id: 1\ndata: 1\n\nid:\ndata:2\n\ndata:3\n\n',
    [withId('1', '1'), withId('', '2'), message('3', '')],
  ),
  rule(
    'an id of two NULs is ignored (format-field-id-null)',
    'id:\0\0\nretry:200\ndata:hello\n\n',
    [message('hello')],
    { retries: [200] },
  ),
  rule('an empty retry is ignored (format-field-retry-empty)', 'retry\ndata:test\n\n', [
    message('test'),
  ]),
  rule(
    'a retry with letters leaves the earlier one (format-field-retry-bogus)',
    'retry:3000\nretry:1000x\ndata:x\n\n',
    [message('x')],
    { retries: [3000] },
  ),
  rule(
    'a retry with a leading zero is not octal (format-field-retry)',
    'retry:03000\ndata:x\n\n',
    [message('x')],
    { retries: [3000] },
  ),
  rule(
    'unknown fields, and text that is no field (format-field-unknown)',
    'data:test\n data\ndata\nfoobar:xxx\njustsometext\n:thisisacommentyay\ndata:test\n\n',
    [message('test\n\ntest')],
    { comments: ['thisisacommentyay'] },
  ),
  rule(
    'a leading tab is content, one leading space is not (format-leading-space)',
    'data:\ttest\rdata: \ndata:test\n\n',
    [message('\ttest\n\ntest')],
  ),
  rule(
    'line ends of all kinds one after the other (format-newlines)',
    'data:test\r\ndata\ndata:test\r\n\r\n',
    [message('test\n\ntest')],
  ),
  rule('NUL alone is data (format-null-character)', 'data:\0\n\n\n\n', [message('\0')]),
  rule('text is UTF-8 whatever its charset is said to be (format-utf-8)', 'data:ok…\n\n', [
    message('ok…'),
  ]),
  rule(
    'a BOM at the start, and one as content (format-bom)',
    '\ufeffdata:1\n\n\ufeffdata:2\n\ndata:3\n\n',
    [message('1'), message('3')],
  ),
  rule('two BOMs at the start (format-bom-2)', '\ufeff\ufeffdata:1\n\ndata:2\n\ndata:3\n\n', [
    message('2'),
    message('3'),
  ]),
  rule(
    'the field name is compared by case (event-data)',
    'data:msg\ndata: msg\n\n:\nfalsefield:msg\n\nfalsefield:msg\nData:data\n\ndata\n\ndata:end\n\n',
    [message('msg\nmsg'), message(''), message('end')],
    { comments: [''] },
  ),
]

const together = [
  rule(
    'every field in one block, in any order',
    'retry: 5\nid: 7\ndata: a\n: hi\nevent: e\ndata: b\n\n',
    [{ event: 'e', data: 'a\nb', lastEventId: '7', id: '7' }],
    { retries: [5], comments: ['hi'] },
  ),
  rule(
    'a block of an event name alone forgets the name and keeps the id',
    'id: 1\ndata: a\n\nevent: e\n\ndata: b\n\n',
    [withId('1', 'a'), message('b', '1')],
  ),
  rule(
    'blocks without data move the id one after the other',
    'id: 1\n\nid: 2\n\nid: 3\n\ndata: a\n\n',
    [message('a', '3')],
  ),
  rule(
    'an id of a block without data is not the own id of the next event',
    'id: 9\n\ndata: a\n\nid: 9\ndata: b\n\n',
    [message('a', '9'), withId('9', 'b')],
  ),
  rule('an empty id is an own id', 'id\ndata: a\n\n', [withId('', 'a')]),
  rule('an id that is one space is empty', 'id: \ndata: a\n\n', [withId('', 'a')]),
  rule('an id of two spaces keeps one', 'id:  \ndata: a\n\n', [withId(' ', 'a')]),
  rule('an empty id and then a good one in one block', 'id:\nid: 3\ndata: a\n\n', [
    withId('3', 'a'),
  ]),
  rule('a good id and then an empty one in one block', 'id: 3\nid:\ndata: a\n\n', [
    withId('', 'a'),
  ]),
  rule(
    'retry between data lines does not split the block',
    'data: a\nretry: 1\ndata: b\n\n',
    [message('a\nb')],
    { retries: [1] },
  ),
  rule('retry with NUL is ignored', 'retry: 1\0\ndata: a\n\n', [message('a')]),
  rule('retry with a tab is ignored', 'retry:\t1\ndata: a\n\n', [message('a')]),
  rule('retry with a comma is ignored', 'retry: 1,000\ndata: a\n\n', [message('a')]),
  rule('retry with Arabic digits is ignored', 'retry: ١٠\ndata: a\n\n', [message('a')]),
  rule('retry may be larger than any timer', 'retry: 999999999999\n\n', [], {
    retries: [999_999_999_999],
  }),
  rule('retry with a broken byte is ignored', stream('retry: 1', 0xff, '\ndata: a\n\n'), [
    message('a'),
  ]),
  rule('a field name with NUL is unknown', 'da\0ta: x\nid\0: 1\ndata: y\n\n', [message('y')]),
  rule('a line of NUL is an unknown field', '\0\ndata: y\n\n', [message('y')]),
  rule('a line of a space is an unknown field', ' \ndata: y\n\n', [message('y')]),
  rule('a tab before the name belongs to the name', '\tdata: x\ndata: y\n\n', [message('y')]),
  rule('data of line ends of other systems stays', 'data: a\\nb\\r\n\n', [message('a\\nb\\r')]),
  rule('an event name with a colon keeps it', 'event: a:b\ndata: x\n\n', [named('a:b', 'x')]),
  rule('an event named message is one', 'event: message\ndata: x\n\n', [message('x')]),
  rule('an event name is told apart by case', 'event: Message\ndata: x\n\n', [
    named('Message', 'x'),
  ]),
  rule(
    'events named open and error are events as any other',
    'event: error\ndata: x\n\nevent: open\ndata: y\n\n',
    [named('error', 'x'), named('open', 'y')],
  ),
  rule(
    'a comment before the first event does not open a block',
    ': a\n\n: b\n\ndata: x\n\n',
    [message('x')],
    { comments: ['a', 'b'] },
  ),
  rule('a long line is one line', `data: ${LONG}\n\n`, [message(LONG)]),
  rule('many data lines are one event', `${'data: x\n'.repeat(300)}\n`, [
    message(Array(300).fill('x').join('\n')),
  ]),
  rule('CRLF inside a stream of LF', 'data: a\n\r\ndata: b\r\n\n', [message('a'), message('b')]),
  rule('a lone LF as the last byte ends the block', 'data: a\r\n\n', [message('a')]),
  rule('a lone CR as the last byte ends the block', 'data: a\n\r', [message('a')]),
  rule('three CR are one end of a line and two of blocks', 'data: a\r\r\rdata: b\r\r', [
    message('a'),
    message('b'),
  ]),
]

/** Every rule of §9.2.5 and §9.2.6, each once: bytes in, events out. */
export const parserCases: readonly ParserCase[] = [
  ...examplesOfTheStandard,
  ...byteOrderMark,
  ...lineEnds,
  ...fields,
  ...comments,
  ...data,
  ...eventNames,
  ...ids,
  ...retries,
  ...ends,
  ...utf8Rules,
  ...heldByBrowsers,
  ...together,
]
