// Station numbers and their order, for ids around the length of the prefix they are compared by.

@testable import Aggregation
import TestSupport
import Testing

@Suite struct StationTableTests {
  @Test(arguments: SeededGenerator.seeds(20))
  func stationsHaveTheOrderOfTheirBytes(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var table = StationTable()
    let keys = (0..<2000).map { _ -> [UInt8] in
      let start = [UInt8](repeating: 0x61, count: Int.random(in: 0...18, using: &random))
      return start
        + (0..<Int.random(in: 1...4, using: &random)).map { _ in
          Array("ab~é".utf8).randomElement(using: &random) ?? 0
        }
    }
    let numbers = keys.map { key in key.withUnsafeBytes { table.number(of: $0) } }
    for (key, number) in zip(keys, numbers) {
      #expect(table.keys[number] == key)
      #expect(key.withUnsafeBytes { table.number(of: $0) } == number)
    }
    for _ in 0..<500 {
      let (left, right) = (
        Int.random(in: keys.indices, using: &random), Int.random(in: keys.indices, using: &random)
      )
      #expect(
        table.precedes(numbers[left], numbers[right])
          == keys[left].lexicographicallyPrecedes(keys[right]))
    }
  }
}
