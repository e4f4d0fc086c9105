import type { Sharp, SharpInput, SharpOptions } from 'sharp'

type MakeSharp = (input: SharpInput, options: SharpOptions) => Sharp

let library: Promise<MakeSharp> | undefined

/** Loads sharp with the first image: until then it costs neither memory nor time to start. */
export const sharpLibrary = (): Promise<MakeSharp> => (library ??= load())

async function load(): Promise<MakeSharp> {
  const { default: sharp } = await import('sharp')
  sharp.cache(false)
  sharp.concurrency(1)
  // The signature has been looked at before; here nothing else can be read even if it is mistaken.
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
