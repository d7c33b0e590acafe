// Room for words that librdkafka writes.

/// A buffer that C writes a text into.
struct Words {
  var characters = [CChar](repeating: 0, count: 512)

  var text: String {
    String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
