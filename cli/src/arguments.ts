import { isTopicDay } from '@dailyfeed/kafka-support/dated-topic'
import { InvalidArgumentError } from 'commander'

/** Parser of an option: a whole number in a range. */
export const wholeNumber = (min: number, max: number) => (text: string) => {
  const number = Number(text)
  if (!/^\d+$/.test(text) || number < min || number > max)
    throw new InvalidArgumentError(`must be a whole number from ${min} to ${max}.`)
  return number
}

/** Parser of an option: a day as yyyyMMdd or yyyy-MM-dd, returned as yyyyMMdd. */
export const day = (text: string) => {
  const digits = text.replaceAll('-', '')
  if (!isTopicDay(digits)) throw new InvalidArgumentError('must be a day, such as 20261120.')
  return digits
}

/** Parser of an option: one of these values, in upper or lower case. */
export const oneOf =
  <Value extends string>(values: readonly Value[]) =>
  (text: string): Value => {
    const value = values.find((one) => one.toUpperCase() === text.toUpperCase())
    if (value === undefined) throw new InvalidArgumentError(`must be one of ${values.join(', ')}.`)
    return value
  }
