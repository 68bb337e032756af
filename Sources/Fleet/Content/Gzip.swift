import CZlib

/// gzip through zlib. The same bytes always give the same result with the same zlib: no name, no time, no system.
public enum Gzip {
  /// Compresses bytes.
  ///
  /// - Throws: ``FleetError`` with code `corruptContent` when zlib has no memory left.
  public static func compress(_ bytes: [UInt8]) throws(FleetError) -> [UInt8] {
    var stream = z_stream()
    // 15 window bits, and 16 to ask for gzip's wrapping.
    var status = deflateInit2_(
      &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else { throw FleetError(.corruptContent, "zlib cannot compress: status \(status)") }
    defer { deflateEnd(&stream) }
    var header = gz_header()
    header.os = 255
    guard UInt64(bytes.count) <= UInt64(UInt32.max) else {
      throw FleetError(.limitExceeded, "\(bytes.count) bytes are too many to compress at once")
    }
    var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, uLong(bytes.count))) + 32)
    let written: Int = bytes.withUnsafeBufferPointer { input in
      output.withUnsafeMutableBufferPointer { buffer in
        withUnsafeMutablePointer(to: &header) { header in
          // zlib keeps the header's address until the header is written, which happens in this one call of deflate.
          deflateSetHeader(&stream, header)
          stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
          stream.avail_in = uInt(input.count)
          stream.next_out = buffer.baseAddress
          stream.avail_out = uInt(buffer.count)
          status = deflate(&stream, Z_FINISH)
          return buffer.count - Int(stream.avail_out)
        }
      }
    }
    guard status == Z_STREAM_END else { throw FleetError(.corruptContent, "zlib cannot compress: status \(status)") }
    output.removeLast(output.count - written)
    return output
  }

  /// Decompresses one gzip member, which must be all there is.
  ///
  /// - Throws: ``FleetError`` with code `limitExceeded` as soon as the result would be longer than `limit` bytes, or
  ///   `corruptContent` when the input is damaged, cut off or followed by something else.
  public static func decompress(_ bytes: [UInt8], limit: Int) throws(FleetError) -> [UInt8] {
    var stream = z_stream()
    var status = inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else { throw FleetError(.corruptContent, "zlib cannot decompress: status \(status)") }
    defer { inflateEnd(&stream) }
    guard UInt64(bytes.count) <= UInt64(UInt32.max) else {
      throw FleetError(.limitExceeded, "\(bytes.count) bytes are too many to decompress at once")
    }
    var output: [UInt8] = []
    output.reserveCapacity(min(limit, bytes.count * 4))
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    var consumed = 0
    repeat {
      let produced: Int = bytes.withUnsafeBufferPointer { input in
        chunk.withUnsafeMutableBufferPointer { buffer in
          stream.next_in = input.baseAddress.map { UnsafeMutablePointer(mutating: $0 + consumed) }
          stream.avail_in = uInt(input.count - consumed)
          stream.next_out = buffer.baseAddress
          stream.avail_out = uInt(buffer.count)
          status = inflate(&stream, Z_NO_FLUSH)
          consumed = input.count - Int(stream.avail_in)
          return buffer.count - Int(stream.avail_out)
        }
      }
      guard output.count + produced <= limit else {
        throw FleetError(.limitExceeded, "decompresses to more than \(limit) bytes")
      }
      output.append(contentsOf: chunk[..<produced])
      if status == Z_OK, produced == 0, consumed == bytes.count { status = Z_BUF_ERROR }
    } while status == Z_OK
    guard status == Z_STREAM_END else {
      throw FleetError(.corruptContent, status == Z_BUF_ERROR ? "the gzip data is cut off" : "this is not gzip data")
    }
    guard consumed == bytes.count else {
      throw FleetError(.corruptContent, "\(bytes.count - consumed) bytes follow the gzip data")
    }
    return output
  }
}
