import { expect, test } from 'vitest'
import { day } from './house.ts'

test('one day is not another, however a test compares them', () => {
  const [first, second] = [{ on: day('2026-01-01') }, { on: day('2026-01-02') }]
  expect([first]).toMatchObject([{ on: day('2026-01-01') }])
  expect([first]).not.toMatchObject([second])
  expect(first).not.toMatchObject(second)
  expect(first).not.toEqual(second)
  expect(first).not.toStrictEqual(second)
  expect(first).not.toMatchObject({ on: '2026-01-01' })
  expect([first]).not.toContainEqual(second)
  expect(first).toEqual(expect.objectContaining({ on: day('2026-01-01') }))
  expect(first).not.toEqual(expect.objectContaining(second))
})
