import { expect, test } from 'vitest'
import { filterParameters, NO_FILTER } from './feedFilter.ts'

test('the default filter sends no parameters, any other its own', () => {
  expect(filterParameters(NO_FILTER)).toEqual({ window: undefined, scope: undefined })
  expect(filterParameters({ window: '7d', scope: 'followings' })).toEqual({
    window: '7d',
    scope: 'followings',
  })
})
