/** A web address extends to the next space, without the punctuation that ends a sentence. */
const ADDRESS = /(https?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]}'”’」』])/

export interface TextPart {
  text: string
  isAddress: boolean
}

/** The text in order, split into web addresses and the text between them. */
export const splitAtAddresses = (text: string): TextPart[] =>
  // Splitting by a capturing group puts the matches at the odd positions.
  text.split(ADDRESS).map((part, index) => ({ text: part, isAddress: index % 2 === 1 }))
