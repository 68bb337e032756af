/// Makes hostile inputs from good ones, the way the format is built: protobuf by its fields, text by its words, archives by their
/// blocks.
struct Mutator {
  /// How a format is built.
  enum Form {
    case bytes
    /// Tag-length-value: lengths are put right after a change, mostly.
    case protobuf
    case text
    /// Blocks of 512 bytes whose headers have a checksum, which is put right, mostly.
    case tar
  }

  static let bytesMax = 64 << 10
  private static let numbers: [UInt8] = [0, 1, 0x7F, 0x80, 0xFF, 0x0A, 0x20, 0x22]
  private static let varints: [[UInt8]] = [
    [0], [0x7F], [0x80, 0x01], [0xFF, 0xFF, 0xFF, 0xFF, 0x07], [0xFF, 0xFF, 0xFF, 0xFF, 0x0F],
    [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
    [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
    [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
  ]

  let form: Form
  /// Words of the format.
  let dictionary: [[UInt8]]
  var random: FuzzRandom

  /// A mutation of one of the seeds, perhaps mixed with another. The first inputs of a run are the seeds themselves.
  mutating func mutate(_ seeds: [[UInt8]]) -> [UInt8] {
    var input = random.pick(seeds) ?? []
    for _ in 0...random.below(4) {
      if random.oneIn(12), let other = random.pick(seeds) {
        input = splice(input, other)
      } else {
        switch form {
        case .protobuf where !random.oneIn(4): input = mutateFields(input, depth: 0)
        case .tar where !random.oneIn(6): input = mutateBlocks(input)
        default: input = mutateBytes(input)
        }
      }
    }
    return Array(input.prefix(Self.bytesMax))
  }

  private mutating func splice(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
    Array(left.prefix(random.below(left.count + 1))) + right.suffix(random.below(right.count + 1))
  }

  // Bytes and text.

  private mutating func mutateBytes(_ input: [UInt8]) -> [UInt8] {
    var output = input
    let position = random.below(output.count + 1)
    let length = min(output.count - position, 1 + random.below(random.oneIn(4) ? 256 : 8))
    switch random.below(8) {
    case 0: output.removeSubrange(position..<position + length)
    case 1: output.insert(contentsOf: Array(output[position..<position + length]), at: position)
    case 2:
      let piece = Array(output[position..<position + length])
      for _ in 0..<random.below(200) where output.count < Self.bytesMax {
        output.insert(contentsOf: piece, at: position)
      }
    case 3: output.insert(contentsOf: random.pick(dictionary) ?? [0], at: position)
    case 4: output.removeSubrange(position...)
    case 5 where position < output.count: output[position] ^= 1 << UInt8(random.below(8))
    case 6 where position < output.count: output[position] = random.pick(Self.numbers) ?? 0
    case 7 where position < output.count: output[position] = UInt8(truncatingIfNeeded: random.next())
    default: output.insert(UInt8(truncatingIfNeeded: random.next()), at: position)
    }
    return output
  }

  // Protobuf.

  private struct Field {
    var tag: [UInt8]
    var value: [UInt8]
    var isLengthDelimited: Bool

    var encoded: [UInt8] { tag + (isLengthDelimited ? Mutator.varint(value.count) : []) + value }
  }

  private mutating func mutateFields(_ input: [UInt8], depth: Int) -> [UInt8] {
    guard var fields = Self.fields(of: input), !fields.isEmpty else { return mutateBytes(input) }
    let index = random.below(fields.count)
    switch random.below(8) {
    case 0: fields.remove(at: index)
    case 1: fields.insert(fields[index], at: random.below(fields.count + 1))
    case 2: fields.swapAt(index, random.below(fields.count))
    case 3:
      for _ in 0..<random.below(600) { fields.append(fields[index]) }
    case 4: fields[index].tag = Self.varint(random.below(20) << 3 | [0, 1, 2, 5, 3, 7][random.below(6)])
    case 5 where !fields[index].isLengthDelimited: fields[index].value = random.pick(Self.varints) ?? []
    case 6:
      // A length that is not true.
      let whole = fields[index].tag + (random.pick(Self.varints) ?? []) + fields[index].value
      return fields[..<index].flatMap(\.encoded) + whole + fields[(index + 1)...].flatMap(\.encoded)
    default:
      guard fields[index].isLengthDelimited else { return mutateBytes(input) }
      fields[index].value =
        depth < 6 && !random.oneIn(3)
        ? mutateFields(fields[index].value, depth: depth + 1) : mutateBytes(fields[index].value)
    }
    return fields.flatMap(\.encoded)
  }

  private static func fields(of input: [UInt8]) -> [Field]? {
    var fields: [Field] = []
    var position = 0
    func varint() -> (bytes: [UInt8], value: UInt64)? {
      var value: UInt64 = 0
      for offset in 0..<10 {
        guard position + offset < input.count else { return nil }
        let byte = input[position + offset]
        value |= UInt64(byte & 0x7F) << UInt64(7 * offset)
        if byte & 0x80 == 0 {
          let bytes = Array(input[position...position + offset])
          position += offset + 1
          return (bytes, value)
        }
      }
      return nil
    }
    while position < input.count {
      guard let tag = varint() else { return nil }
      let length: Int
      switch tag.value & 7 {
      case 0:
        guard let value = varint() else { return nil }
        fields.append(Field(tag: tag.bytes, value: value.bytes, isLengthDelimited: false))
        continue
      case 1: length = 8
      case 2:
        guard let value = varint(), value.value <= UInt64(input.count - position) else { return nil }
        length = Int(value.value)
      case 5: length = 4
      default: return nil
      }
      guard position + length <= input.count else { return nil }
      let value = Array(input[position..<position + length])
      fields.append(Field(tag: tag.bytes, value: value, isLengthDelimited: tag.value & 7 == 2))
      position += length
    }
    return fields
  }

  private static func varint(_ value: Int) -> [UInt8] {
    var (rest, bytes) = (UInt64(value), [UInt8]())
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  // Tar.

  private mutating func mutateBlocks(_ input: [UInt8]) -> [UInt8] {
    var output = input
    let blocks = output.count / 512
    guard blocks > 0 else { return mutateBytes(input) }
    let start = random.below(blocks) * 512
    switch random.below(6) {
    case 0: output.removeSubrange(start..<start + 512)
    case 1: output.insert(contentsOf: Array(output[start..<start + 512]), at: random.below(blocks + 1) * 512)
    case 2: output[start + 156] = random.pick(Array("0125xgLKSD7\0".utf8)) ?? 0
    case 3:
      let sizes = ["00000000000", "77777777777", "00000001000", "-0000000001", "\u{80}", "        1 "]
      for (offset, byte) in Array((random.pick(sizes) ?? "").utf8).enumerated() { output[start + 124 + offset] = byte }
    case 4:
      let word = random.pick(dictionary) ?? []
      for (offset, byte) in word.prefix(100).enumerated() { output[start + offset] = byte }
    default: output[start + random.below(512)] = random.pick(Self.numbers) ?? 0
    }
    if !random.oneIn(8), start + 512 <= output.count { Self.putChecksum(in: &output, at: start) }
    return output
  }

  private static func putChecksum(in output: inout [UInt8], at start: Int) {
    for offset in 148..<156 { output[start + offset] = 0x20 }
    let sum = output[start..<start + 512].reduce(0) { $0 + Int($1) }
    let digits = String(sum, radix: 8)
    let text = String(repeating: "0", count: max(0, 6 - digits.count)) + digits + "\0 "
    for (offset, byte) in text.utf8.prefix(8).enumerated() { output[start + 148 + offset] = byte }
  }
}
