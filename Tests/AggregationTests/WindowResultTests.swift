// The bytes of an emission, against the wire contract.

import Aggregation
import Foundation
import Testing

@Suite struct WindowResultTests {
  private func result(
    key: String, hour: Int64, _ tenths: [Int16], revision: Int64 = 1, isFinal: Bool = false
  ) -> WindowResult {
    var accumulator = Accumulator()
    for value in tenths { accumulator.add(value) }
    return WindowResult(
      key: Array(key.utf8), hour: hour, accumulator: accumulator, revision: revision,
      isFinal: isFinal)
  }

  private func value(_ result: WindowResult) -> String {
    var bytes: [UInt8] = []
    result.appendValue(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  private func recordKey(_ result: WindowResult) -> String {
    var bytes: [UInt8] = []
    result.appendRecordKey(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func anHourOverAllStationsIsTheContractsObject() {
    let result = result(key: "", hour: 460_016, [134, 134, 135], revision: 2, isFinal: true)
    #expect(
      value(result) == #"{"datetime":{"start":"2022-06-24T08:00:00.000Z","#
        + #""end":"2022-06-24T09:00:00.000Z"},"mean_tmp":13.433333,"max_tmp":13.5,"min_tmp":13.4,"#
        + #""count":3,"sum_tenths":403,"revision":2,"final":true}"#)
    #expect(recordKey(result) == "2022-06-24T08:00:00Z")
  }

  @Test func anHourOfAStationNamesIt() {
    let result = result(key: "02907099999", hour: -604_848, [-250])
    #expect(
      value(result) == #"{"station":"02907099999","datetime":{"start":"1901-01-01T00:00:00.000Z","#
        + #""end":"1901-01-01T01:00:00.000Z"},"mean_tmp":-25.0,"max_tmp":-25.0,"min_tmp":-25.0,"#
        + #""count":1,"sum_tenths":-250,"revision":1,"final":false}"#)
    #expect(recordKey(result) == "02907099999/1901-01-01T00:00:00Z")
  }

  @Test(arguments: ["a\"b\\c", "ü🌡", String(repeating: "\"", count: 64)])
  func anyStationGivesJSON(_ key: String) throws {
    let text = value(result(key: key, hour: 0, [1]))
    let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    #expect(object?["station"] as? String == key)
    #expect(object?["count"] as? Int == 1)
  }

  @Test func theLongestFiguresFit() throws {
    var accumulator = Accumulator()
    accumulator.count = 10_000_000_000
    accumulator.sumTenths = -9_320_000_000_000
    accumulator.minTenths = -932
    accumulator.maxTenths = -932
    let result = WindowResult(
      key: [], hour: -604_824, accumulator: accumulator, revision: Int64.max, isFinal: false)
    let text = value(result)
    #expect(text.contains(#""mean_tmp":-93.2,"#) && text.contains(#""revision":\#(Int64.max),"#))
  }
}
