import { expect, it } from 'vitest'
import { reasonPhrase, statusClass } from './status.ts'

it('knows registered phrases, and a phrase for each class', () => {
  expect(reasonPhrase(202)).toBe('Accepted')
  expect(reasonPhrase(481)).toBe('Call/Transaction Does Not Exist')
  expect(reasonPhrase(199)).toBe('Early Dialog Terminated')
  expect([150, 250, 350, 450, 550, 650].map(reasonPhrase)).toEqual([
    'Progress',
    'OK',
    'Redirection',
    'Request Failure',
    'Server Failure',
    'Global Failure',
  ])
})

it('puts a status into its class', () => {
  expect([100, 199, 200, 399, 400, 599, 600, 699].map(statusClass)).toEqual([1, 1, 2, 3, 4, 5, 6, 6])
  expect([0, 1000].map(statusClass)).toEqual([1, 6])
})
