import { createHash } from 'node:crypto'

/** A Lua script, and the name under which Redis keeps it. */
export interface Script {
  readonly lua: string
  readonly sha: string
}

/**
 * What all scripts of one stream touch: its meta hash, its records, who reads it. The three share a
 * hash tag, so that they live on one node of a cluster.
 *
 * The meta hash: `epoch` (chosen by the producer, the same for the life of the stream), `owner`
 * (its process), `principal` (left out where there is none), `last` and `first` (positions),
 * `bytes`, `lease` (until when the producer is taken for alive), `keep` (ms after the end), `cancel`
 * (somebody asked to stop), `end` (the terminal record), `fenced` (another than the producer ended
 * it). Times are Redis's own, since clocks of processes differ.
 *
 * A record is an entry `<seq>-0` of the stream, one field `r`: a letter for its event, then its JSON.
 */
const HEAD = `
local meta, records, readers = KEYS[1], KEYS[2], KEYS[3]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- Lua itself would write a large position as 1e+14.
local function whole(number) return string.format('%.0f', number) end
local function expire(ms)
  redis.call('PEXPIRE', meta, ms)
  redis.call('PEXPIRE', records, ms)
end
local function count(instance, number, lease)
  if tonumber(number) == 0 then return redis.call('HDEL', readers, instance) end
  redis.call('HSET', readers, instance, number .. ' ' .. whole(now + lease))
  redis.call('PEXPIRE', readers, lease)
end
-- At least one record, then as many as fit. Few at first: they may be large.
local function page(from, bytes)
  local rows, size, step = {}, 0, 16
  while true do
    local entries = redis.call('XRANGE', records, from, '+', 'COUNT', step)
    for _, entry in ipairs(entries) do
      if size >= bytes then return rows end
      rows[#rows + 1] = entry[1]
      rows[#rows + 1] = entry[2][2]
      size = size + #entry[2][2] - 1
      from = '(' .. entry[1]
    end
    if #entries < step then return rows end
    step = math.min(step * 2, 256)
  end
end
`

function script(body: string): Script {
  const lua = HEAD + body.trimStart()
  return { lua, sha: createHash('sha1').update(lua).digest('hex') }
}

/**
 * ARGV: epoch, owner, lease, keep, time to live while running, principal where there is one. Gives
 * `made` again to one who asks again because the answer was lost.
 */
export const CREATE = script(`
local epoch = redis.call('HGET', meta, 'epoch')
if epoch then return {epoch == ARGV[1] and 'made' or 'exists', now} end
redis.call('HSET', meta, 'epoch', ARGV[1], 'owner', ARGV[2], 'lease', now + ARGV[3],
  'keep', ARGV[4], 'last', 0, 'first', 1, 'bytes', 0)
redis.call('DEL', records, readers)
if ARGV[6] then redis.call('HSET', meta, 'principal', ARGV[6]) end
expire(ARGV[5])
return {'made', now}`)

/**
 * ARGV: epoch, lease, keep, time to live while running, channel, position of the first record of
 * the batch, position of the first record to keep, bytes up to the end of the batch, '1' where it
 * may leave a hole, records. A batch may come again: what is there is left out.
 */
export const APPEND = script(`
local epoch, last, first, fenced, cancel =
  unpack(redis.call('HMGET', meta, 'epoch', 'last', 'first', 'fenced', 'cancel'))
if not epoch then return {'gone', now} end
if epoch ~= ARGV[1] or fenced then return {'lost', now} end
last, first = tonumber(last), tonumber(first)
local from, rows = tonumber(ARGV[6]), 10
local newest = from + #ARGV - rows
if newest > last and (from <= last + 1 or ARGV[9] == '1') then
  local isFirst = last == 0
  if isFirst then first = from end
  if from <= last then
    rows = rows + last + 1 - from
    from = last + 1
  end
  for n = rows, #ARGV do
    redis.call('XADD', records, whole(from + n - rows) .. '-0', 'r', ARGV[n])
  end
  last = newest
  if tonumber(ARGV[7]) > first then
    first = tonumber(ARGV[7])
    redis.call('XTRIM', records, 'MINID', ARGV[7])
  end
  redis.call('HSET', meta, 'last', whole(last), 'first', whole(first), 'bytes', ARGV[8],
    'lease', now + ARGV[2])
  local head = whole(from) .. ' ' .. whole(first) .. ' ' .. ARGV[8]
  redis.call('PUBLISH', ARGV[5], head .. '\\n' .. table.concat(ARGV, '\\n', rows))
  if string.sub(ARGV[#ARGV], 1, 1) ~= 'u' then
    redis.call('HSET', meta, 'end', ARGV[#ARGV])
    expire(ARGV[3])
  elseif isFirst then
    -- From then on the renewals do it.
    expire(ARGV[4])
  end
end
return {'kept', now, last, cancel or ''}`)

/** ARGV: epoch, lease, time to live while running, process, its readers. */
export const RENEW = script(`
local epoch, last, ended, fenced, cancel =
  unpack(redis.call('HMGET', meta, 'epoch', 'last', 'end', 'fenced', 'cancel'))
if not epoch then return {'gone', now} end
if epoch ~= ARGV[1] or fenced then return {'lost', now} end
if not ended then
  -- First: a script that has written already may go on where the memory is full.
  expire(ARGV[3])
  redis.call('HSET', meta, 'lease', now + ARGV[2])
  count(ARGV[4], ARGV[5], ARGV[2])
end
return {'kept', now, tonumber(last), cancel or ''}`)

/**
 * What there is behind a position, and whether it goes on: the first who finds the lease run out
 * ends the stream, at the position behind its last.
 *
 * ARGV: position (-1: the whole stream where it fits, else nothing), bytes, process, its readers
 * ('' where they do not count), lease, latest time at which this call may end the stream, terminal
 * record for that, channel, channel of the owner without its name, stream id, how long after the
 * lease it may do so at any time.
 */
export const LOOK = script(`
local epoch, last, first, bytes, ended, lease, principal, owner, keep = unpack(redis.call('HMGET',
  meta, 'epoch', 'last', 'first', 'bytes', 'end', 'lease', 'principal', 'owner', 'keep'))
if not epoch then return {now} end
local isJudged = now <= tonumber(ARGV[6]) or tonumber(lease) + tonumber(ARGV[11]) <= now
if not ended and tonumber(lease) <= now and isJudged then
  ended = ARGV[7]
  last, bytes = whole(last + 1), whole(bytes + #ended - 1)
  redis.call('XADD', records, last .. '-0', 'r', ended)
  redis.call('HSET', meta, 'last', last, 'bytes', bytes, 'end', ended, 'fenced', 1)
  expire(keep)
  redis.call('PUBLISH', ARGV[8], last .. ' ' .. first .. ' ' .. bytes .. '\\n' .. ended)
  redis.call('PUBLISH', ARGV[9] .. owner, ARGV[10])
end
if not ended and ARGV[4] ~= '' then count(ARGV[3], ARGV[4], ARGV[5]) end
local after = tonumber(ARGV[1])
if after < 0 then after = tonumber(bytes) <= tonumber(ARGV[2]) and 0 or tonumber(last) end
local rows = page(whole(after + 1), tonumber(ARGV[2]))
return {now, epoch, first, last, bytes, ended or '', principal, rows}`)

/**
 * Ends a stream that Redis has lost, for those who knew it, unless its producer has made it anew.
 *
 * ARGV: epoch, position, terminal record, keep, channel, principal where there is one.
 */
export const BURY = script(`
if redis.call('EXISTS', meta) == 1 then return 0 end
local bytes = whole(#ARGV[3] - 1)
redis.call('DEL', records, readers)
redis.call('XADD', records, ARGV[2] .. '-0', 'r', ARGV[3])
redis.call('HSET', meta, 'epoch', ARGV[1], 'owner', '', 'lease', now, 'keep', ARGV[4],
  'last', ARGV[2], 'first', ARGV[2], 'bytes', bytes, 'end', ARGV[3], 'fenced', 1)
if ARGV[6] then redis.call('HSET', meta, 'principal', ARGV[6]) end
expire(ARGV[4])
redis.call('PUBLISH', ARGV[5], ARGV[2] .. ' ' .. ARGV[2] .. ' ' .. bytes .. '\\n' .. ARGV[3])
return 1`)

/** ARGV: position of the first record, bytes. */
export const READ = script(`return page(ARGV[1], tonumber(ARGV[2]))`)

/** Those of other processes. ARGV: process. */
export const READERS = script(`
local sum, all = 0, redis.call('HGETALL', readers)
for n = 1, #all, 2 do
  local number, till = string.match(all[n + 1], '^(%d+) (%d+)$')
  if all[n] ~= ARGV[1] and tonumber(till) > now then sum = sum + number end
end
return sum`)

/** ARGV: process. */
export const LEAVE = script(`return count(ARGV[1], 0, 0)`)

/** The message says only whose turn it is to look. ARGV: channel of the owner without its name, stream id. */
export const CANCEL = script(`
local owner, ended = unpack(redis.call('HMGET', meta, 'owner', 'end'))
if not owner or ended then return 0 end
redis.call('HSET', meta, 'cancel', 1)
redis.call('PUBLISH', ARGV[1] .. owner, ARGV[2])
return 1`)

/** KEYS: the claim. ARGV: value, ms. */
export const CLAIM = script(`
local kept = redis.call('GET', meta)
if kept then return kept end
redis.call('SET', meta, ARGV[1], 'PX', ARGV[2])
return ARGV[1]`)
