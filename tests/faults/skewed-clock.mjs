// Imported before a service: shifts its clock by CLOCK_SKEW_SECONDS, which may be negative.
const skew = Number(process.env.CLOCK_SKEW_SECONDS) * 1_000
const RealDate = Date

globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + skew)
    else super(...args)
  }

  static now() {
    return RealDate.now() + skew
  }
}
