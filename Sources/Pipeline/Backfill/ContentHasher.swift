// The names of contents. They are hashes of hashes, so that threads can hash parts of one content.

import CXXHash

/// Computes a `ContentID` over pieces. Not shared between threads.
///
/// The id is the XXH3-128 of the XXH3-128s, in canonical form, of a content's blocks, each of the same
/// length but for the last one; of ISD-Lite, whose rows name no station, with the station of the file's
/// name after them.
final class ContentHasher {
  /// Part of the id: with another length, everything has another id.
  static let blockByteCount = 1 << 20

  private let blockByteCount: Int
  private let state: OpaquePointer
  /// How much of the block at hand has come.
  private var count = 0
  private var hashes: [UInt8] = []

  /// - Parameter blockByteCount: another one in tests alone.
  init(blockByteCount: Int = ContentHasher.blockByteCount) {
    guard let state = XXH3_createState() else { preconditionFailure("out of memory") }
    self.state = state
    self.blockByteCount = blockByteCount
    XXH3_128bits_reset(state)
  }

  deinit { XXH3_freeState(state) }

  func update(_ bytes: UnsafeRawBufferPointer) {
    var rest = bytes
    while rest.count >= blockByteCount - count {
      let partCount = blockByteCount - count
      XXH3_128bits_update(state, rest.baseAddress, partCount)
      endBlock()
      rest = UnsafeRawBufferPointer(rebasing: rest[partCount...])
    }
    XXH3_128bits_update(state, rest.baseAddress, rest.count)
    count += rest.count
  }

  /// Takes in what another one was given, which forgets it. Both must stand at a block's beginning, the
  /// other also at the content's end.
  func take(from other: ContentHasher) {
    precondition(count == 0, "parts of a content are whole blocks")
    if other.count > 0 { other.endBlock() }
    hashes += other.hashes
    other.hashes = []
  }

  func reset() {
    XXH3_128bits_reset(state)
    count = 0
    hashes = []
  }

  /// - Parameter station: of ISD-Lite.
  func finish(station: String?) -> ContentID {
    if count > 0 { endBlock() }
    hashes += (station ?? "").utf8
    let hash = XXH3_128bits(hashes, hashes.count)
    reset()
    return ContentID(high: hash.high64, low: hash.low64)
  }

  private func endBlock() {
    let hash = XXH3_128bits_digest(state)
    hashes += ContentID(high: hash.high64, low: hash.low64).bytes
    XXH3_128bits_reset(state)
    count = 0
  }
}
