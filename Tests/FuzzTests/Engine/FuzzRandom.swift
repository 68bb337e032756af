/// SplitMix64: the same numbers for the same seed, everywhere.
struct FuzzRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// The generator of one input of a run: no input depends on those before it.
  init(seed: UInt64, input: Int) {
    var mixed = FuzzRandom(seed: seed ^ (UInt64(truncatingIfNeeded: input) &* 0xD1B5_4A32_D192_ED03))
    state = mixed.next()
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

  /// A number from 0 up to but not including the bound, which is above 0.
  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

  mutating func oneIn(_ count: Int) -> Bool { below(count) == 0 }

  /// One of them; nil of none.
  mutating func pick<Element>(_ elements: [Element]) -> Element? {
    elements.isEmpty ? nil : elements[below(elements.count)]
  }
}
