import type { Sharp, SharpInput, SharpOptions } from 'sharp'

type MakeSharp = (input: SharpInput, options: SharpOptions) => Sharp

let library: Promise<MakeSharp> | undefined

/** Loads sharp with the first image: a service that receives none needs no memory for it and starts faster. */
export const sharpLibrary = (): Promise<MakeSharp> => (library ??= load())

async function load(): Promise<MakeSharp> {
  const { default: sharp } = await import('sharp')
  sharp.cache(false)
  sharp.concurrency(1)
  // A second barrier behind the check of the signature: sharp itself reads no other format.
  sharp.block({ operation: ['VipsForeignLoad'] })
  sharp.unblock({
    operation: [
      'VipsForeignLoadJpeg',
      'VipsForeignLoadPng',
      'VipsForeignLoadWebp',
      'VipsForeignLoadNsgif',
    ],
  })
  return sharp
}
