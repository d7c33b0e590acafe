// What libFuzzer calls with every input (tools/fuzz builds and runs it).
//
// The first byte chooses the reader by its low four bits, so that seeds may begin with a digit; the
// second how the rest is cut. Each piece lies in memory of its own, so that the address sanitizer
// sees a read beyond it.

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard count >= 2, let start else { return 0 }
  let input = UnsafeRawBufferPointer(start: start, count: count)
  let bytes = UnsafeRawBufferPointer(rebasing: input[2...])
  let cuts = Cuts(input[1])
  switch input[0] & 15 {
  case 0: DecoderFuzz.globalHourly(bytes, cuts)
  case 1: DecoderFuzz.isd(bytes, cuts)
  case 2: DecoderFuzz.isdLite(bytes, cuts)
  case 3: DecoderFuzz.file(bytes, cuts)
  case 4: JSONFuzz.read(bytes)
  case 5: TarFuzz.read(bytes, cuts)
  case 6: TarFuzz.readWithMendedChecksums(bytes, cuts)
  case 7: GzipFuzz.inflate(bytes, cuts)
  default: DecoderFuzz.ghcnh(bytes, cuts)
  }
  return 0
}

/// Ends the process where two ways that should agree do not.
func expectSame(_ one: [UInt8], _ other: [UInt8], _ what: StaticString) {
  guard one != other else { return }
  // From where they differ.
  let same = zip(one, other).prefix { $0 == $1 }.count
  func text(_ bytes: [UInt8]) -> String {
    String(decoding: bytes[same...].prefix(500), as: UTF8.self).debugDescription
  }
  fatalError(
    "\(what): after \(same) equal bytes\none way: \(text(one))\nthe other: \(text(other))")
}
