import { describe, expect, it } from 'vitest'
import { bagOfWords } from './bag-of-words.ts'
import { cosine, unitVector } from './unit-vector.ts'
import { createVectorRetriever, type Embed } from './vector-retriever.ts'

const OPTIONS = { limit: 10, userId: undefined, filters: {} }
const DIRECTIONS: Record<string, number[]> = {
  east: [3, 0],
  north: [0, 5],
  both: [1, 1],
  west: [-1, 0],
}
const compass: Embed = async (texts) => texts.map((text) => DIRECTIONS[text]!)
const documents = Object.keys(DIRECTIONS).map((text) => ({ id: text, text }))

describe('createVectorRetriever', () => {
  it('scores by the cosine, and leaves out what points elsewhere', async () => {
    const retriever = await createVectorRetriever({ embed: compass, documents })
    const found = await retriever.search('east', OPTIONS)
    expect(found.map(({ id }) => id)).toEqual(['east', 'both'])
    expect(found[0]!.score).toBeCloseTo(1)
    expect(found[1]!.score).toBeCloseTo(Math.SQRT1_2)
  })

  it('embeds in batches, with the title', async () => {
    const calls: string[][] = []
    const embed: Embed = async (texts) => {
      calls.push(texts)
      return bagOfWords(texts)
    }
    const many = Array.from({ length: 5 }, (_, i) => ({ id: `${i}`, title: 'T', text: `${i}` }))
    await createVectorRetriever({ embed, documents: many, batchSize: 2 })
    expect(calls).toEqual([['T\n\n0', 'T\n\n1'], ['T\n\n2', 'T\n\n3'], ['T\n\n4']])
  })

  it('adds all or none, replaces, and removes', async () => {
    const retriever = await createVectorRetriever({ embed: compass, documents })
    await expect(
      retriever.add([
        { id: 'new', text: 'east' },
        { id: 'bad', text: '?' },
      ]),
    ).rejects.toThrow()
    expect(retriever.size).toBe(4)
    await retriever.add([{ id: 'east', text: 'north' }])
    expect((await retriever.search('east', OPTIONS)).map(({ id }) => id)).toEqual(['both'])
    expect(retriever.remove('both')).toBe(true)
    expect(await retriever.search('east', OPTIONS)).toEqual([])
    await expect(
      retriever.add([{ id: 'north', text: 'north', userId: 'ada' }]),
    ).rejects.toMatchObject({ code: 'ERR_SYNAPSE_RAG_DOCUMENT_OWNER' })
  })

  it('says what is wrong with what embed gave', async () => {
    const wrong: [unknown, string][] = [
      [undefined, 'an array of 1 vectors'],
      [[], 'an array of 1 vectors, got 0'],
      [['text'], 'vector 0 of embed must be an array of numbers'],
      [[[]], 'not empty'],
      [[[1, Number.NaN]], 'vector 0 of embed[1] must be a finite number, got NaN'],
      [[[1, Infinity]], 'a finite number, got Infinity'],
      [[[1, '2']], 'a finite number, got "2"'],
    ]
    for (const [result, message] of wrong) {
      const embed = (async () => result) as Embed
      await expect(
        createVectorRetriever({ embed, documents: [{ id: 'a', text: 'a' }] }),
      ).rejects.toMatchObject({
        code: 'ERR_SYNAPSE_RAG_EMBEDDING',
        message: expect.stringContaining(message),
      })
    }
  })

  it('refuses vectors of another length, in a query as in documents', async () => {
    let length = 2
    const embed: Embed = async (texts) => texts.map(() => new Array<number>(length).fill(1))
    const retriever = await createVectorRetriever({ embed, documents })
    length = 3
    await expect(retriever.search('x', OPTIONS)).rejects.toThrow('of 2 numbers, as the others')
    await expect(retriever.add([{ id: 'a', text: 'a' }])).rejects.toThrow('of 2 numbers')
    const uneven: Embed = async (texts) => texts.map((_, i) => new Array<number>(i + 1).fill(1))
    await expect(createVectorRetriever({ embed: uneven, documents })).rejects.toThrow(
      'of 1 numbers',
    )
  })

  it('refuses options that cannot work', async () => {
    const embed = 'model' as unknown as Embed
    await expect(createVectorRetriever({ embed })).rejects.toThrow('embed must be a function')
    await expect(createVectorRetriever({ embed: compass, batchSize: 0 })).rejects.toThrow(
      'batchSize',
    )
  })

  it('stops when the signal fires while it embeds', async () => {
    const retriever = await createVectorRetriever({ embed: compass, documents })
    const controller = new AbortController()
    const found = retriever.search('east', { ...OPTIONS, signal: controller.signal })
    controller.abort(new Error('left'))
    await expect(found).rejects.toThrow('left')
  })
})

describe('unitVector', () => {
  it('has the length 1 for numbers of any size, and zeros stay zeros', () => {
    for (const vector of [[3, 4], [1e308, 1e308], [1e-320, 0], Float64Array.of(-7)]) {
      const unit = unitVector('v', vector)
      expect(cosine(unit, unit)).toBeCloseTo(1)
    }
    expect([...unitVector('v', [0, 0])]).toEqual([0, 0])
  })
})
