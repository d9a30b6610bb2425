import { describe, expect, it } from 'vitest'
import { Progress } from './progress.ts'

async function readAll<T>(progress: Progress<T>): Promise<readonly T[]> {
  const items: T[] = []
  for await (const item of progress) items.push(item)
  return items
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await null
}

describe('Progress', () => {
  it('is read from its beginning by everybody, whenever they come', async () => {
    const progress = new Progress<number>()
    const early = readAll(progress)
    progress.push(1)
    await settle()
    const amid = readAll(progress)
    progress.push(2)
    progress.push(3)
    progress.close()
    expect(await Promise.all([early, amid, readAll(progress)])).toEqual([
      [1, 2, 3],
      [1, 2, 3],
      [1, 2, 3],
    ])
  })

  it('has a reader wait for more', async () => {
    const progress = new Progress<number>()
    const reader = progress[Symbol.asyncIterator]()
    const first = reader.next()
    let told = false
    void first.then(() => {
      told = true
    })
    await settle()
    expect(told).toBe(false)
    progress.push(1)
    expect(await first).toEqual({ done: false, value: 1 })
  })

  it('may be left early, which disturbs nobody else', async () => {
    const progress = new Progress<number>()
    const other = readAll(progress)
    progress.push(1)
    progress.push(2)
    const seen: number[] = []
    for await (const item of progress) {
      seen.push(item)
      break
    }
    progress.push(3)
    progress.close()
    expect(seen).toEqual([1])
    expect(await other).toEqual([1, 2, 3])
  })

  it('is empty when nothing came, and ends at once for those who come after its end', async () => {
    const progress = new Progress<number>()
    const early = readAll(progress)
    expect(progress.closed).toBe(false)
    progress.close()
    expect(progress.closed).toBe(true)
    expect(await early).toEqual([])
    expect(await readAll(progress)).toEqual([])
  })

  it('keeps the newest only, and a reader that has kept up misses none', async () => {
    const progress = new Progress<number>(3)
    const quick = readAll(progress)
    const slow = progress[Symbol.asyncIterator]()
    const first = slow.next()
    for (let item = 1; item <= 10; item++) {
      progress.push(item)
      await settle()
    }
    progress.close()
    expect(await quick).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect((await first).value).toBe(1)
    expect((await slow.next()).value).toBe(8)
    expect(await readAll(progress)).toEqual([8, 9, 10])
  })
})
