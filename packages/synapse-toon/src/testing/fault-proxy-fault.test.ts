import { describe, expect, it } from 'vitest'
import { checkFault, type Fault } from './fault-proxy-fault.ts'

describe('checkFault', () => {
  it.each<[Fault, string]>([
    [{ cut: 'fin' }, 'cut'],
    [{ cut: 'rst', after: 0, of: 'up' }, 'cut'],
    [{ stall: true }, 'stall'],
    [{ stall: true, forMs: 20, after: 5, of: 'down' }, 'stall'],
    [{ resume: true }, 'resume'],
    [{ throttle: 1 }, 'throttle'],
    [{ throttle: 0 }, 'throttle'],
    [{ delay: 5 }, 'delay'],
    [{ cut: 'rst', after: undefined }, 'cut'],
  ])('tells the kind of %j', (fault, kind) => {
    expect(checkFault(fault)).toBe(kind)
  })

  it.each<[unknown, string]>([
    [undefined, 'fault must be an object with one of cut, stall, resume, throttle, delay, for ex'],
    ['cut', 'fault must be an object with one of'],
    [{}, 'fault must be an object with one of'],
    [{ cut: 'rst', delay: 1 }, 'fault must be an object with one of'],
    [{ cut: true }, 'fault.cut must be one of fin, rst, got true'],
    [{ cut: 'rst', after: -1 }, 'fault.after must be a whole number from 0'],
    [{ cut: 'rst', after: 1.5 }, 'fault.after must be a whole number from 0'],
    [{ cut: 'rst', of: 'left' }, 'fault.of must be one of up, down, got "left"'],
    [{ cut: 'rst', forMs: 5 }, 'a field of fault must be one of cut, after, of, got "forMs"'],
    [{ stall: false }, 'fault.stall must be true, got false'],
    [{ stall: true, forMs: -1 }, 'fault.forMs must be a whole number from 0 to 2147483647 (ms)'],
    [{ resume: 1 }, 'fault.resume must be true, got 1'],
    [{ throttle: Infinity }, 'fault.throttle must be a whole number from 0'],
    [{ throttle: 5, after: 3 }, 'a field of fault must be one of throttle, got "after"'],
    [{ delay: '5' }, 'fault.delay must be a whole number from 0 to 2147483647 (ms), got "5"'],
  ])('refuses %j, and says what it must be', (fault, message) => {
    expect(() => checkFault(fault as Fault)).toThrow(message)
  })
})
