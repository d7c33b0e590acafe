// TMP fields, by table over all quality codes and at the ends of the range.

@testable import Observations
import Testing

private func parse(_ text: String) -> Result<TemperatureField, TemperatureFault> {
  Array(text.utf8).withUnsafeBytes { TemperatureField.parse($0) }
}

private func reason(_ text: String) -> RejectionReason? {
  if case .failure(let fault) = parse(text) { return fault.reason }
  return nil
}

@Suite struct TemperatureTests {
  @Test func exactlyTheCodesOfTheFormatDocumentAreKnown() throws {
    let known = Set("012345679ACIMPRU".utf8)
    let refused = Set("2367".utf8)
    for code in UInt8.min...UInt8.max {
      let result = (Array("+0123,".utf8) + [code]).withUnsafeBytes { TemperatureField.parse($0) }
      guard known.contains(code) else {
        #expect(result == .failure(TemperatureFault(reason: .unknownQualityCode)))
        continue
      }
      let field = try result.get()
      #expect(field.tenths == 123 && field.qualityCode == code)
      #expect(
        QualityRule.passed.refusal(of: field)
          == (refused.contains(code) ? .suspectOrErroneous : nil))
      #expect(QualityRule.all.refusal(of: field) == nil)
    }
  }

  @Test(arguments: ["+9999,9", "+9999,1", "+9999,2"])
  func missingIsRefusedByBothRulesAsMissing(_ text: String) throws {
    let field = try parse(text).get()
    #expect(field.tenths == nil)
    for rule in QualityRule.allCases { #expect(rule.refusal(of: field) == .missingTemperature) }
  }

  @Test(arguments: [
    ("-0932,1", -932), ("+0618,1", 618), ("+0000,1", 0), ("-0000,1", 0), ("-0001,1", -1),
  ])
  func tenthsAreReadWithTheirSign(_ text: String, _ tenths: Int16) throws {
    #expect(try parse(text).get().tenths == tenths)
  }

  @Test(arguments: ["-0933,1", "+0619,1", "-9999,9", "+9998,1"])
  func whatNoAirCanHaveIsOutOfRange(_ text: String) {
    #expect(reason(text) == .temperatureOutOfRange)
  }

  @Test(arguments: [
    "", "+0123", "+0123,", "+0123,11", "0123,1", "+123,1", "+01234,1", "+01 3,1", "+0123;1",
    "+0123,1 ", " +0123,1", "+012a,1", "+0/23,1", "+0:23,1",
  ])
  func otherTextIsABadTemperature(_ text: String) {
    #expect(reason(text) == .badTemperature)
  }
}
