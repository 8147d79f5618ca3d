/** Cluster addresses of Services, handed out from one IPv4 range. */

const toNumber = (address: string): number => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)

const toAddress = (value: number): string => [24, 16, 8, 0].map(shift => Math.floor(value / 2 ** shift) % 256).join('.')

export type ServiceAddresses = {
  readonly cidr: string
  readonly contains: (address: string) => boolean
  /** A free address; throws when all are taken. */
  readonly next: (taken: ReadonlySet<string>) => string
}

/** Hands out the addresses of a range such as `127.96.0.0/16` in turn, so that a freed one is not used again at once. */
export const makeServiceAddresses = (cidr: string): ServiceAddresses => {
  const [base = '', bits = ''] = cidr.split('/')
  const size = 2 ** (32 - Number(bits))
  if (!/^\d+\.\d+\.\d+\.\d+$/.test(base) || !(size >= 8))
    throw new Error(`serviceCidr: ${JSON.stringify(cidr)} is not a usable IPv4 range; an example is "127.96.0.0/16"`)
  const first = toNumber(base)
  // The first ten are left for fixed addresses, as Kubernetes reserves a low band.
  let offset = Math.min(10, size / 4)
  return {
    cidr,
    contains: address => {
      const value = toNumber(address)
      return value > first && value < first + size - 1
    },
    next: taken => {
      for (let tried = 0; tried < size; tried += 1) {
        offset = offset + 1 >= size - 1 ? 1 : offset + 1
        const address = toAddress(first + offset)
        if (!taken.has(address)) return address
      }
      throw new Error(`all addresses of ${cidr} are taken`)
    },
  }
}
