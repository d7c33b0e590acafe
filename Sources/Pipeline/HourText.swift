// The CSV form of hours: a contract that scripts and the result hash rely on.

import Aggregation
import Observations

/// Hours as CSV lines: hours in UTC, °C, min and max with 1 decimal, the mean with 6.
public enum HourText {
  public static let header = "hour,count,min_tmp,mean_tmp,max_tmp\n"
  public static let stationHeader = "station,hour,count,min_tmp,mean_tmp,max_tmp\n"

  /// Appends one line; with the station in front where the result has one.
  public static func append(_ result: HourResult, byStation: Bool, to bytes: inout [UInt8]) {
    if byStation {
      ResultText.appendField(result.key, to: &bytes)
      bytes.append(UInt8(ascii: ","))
    }
    Timestamp(secondsSinceEpoch: result.hour * 3600).append(to: &bytes)
    bytes.append(UInt8(ascii: ","))
    FigureText.append(result.accumulator.count, to: &bytes)
    bytes.append(UInt8(ascii: ","))
    FigureText.appendTenths(Int64(result.accumulator.minTenths), to: &bytes)
    bytes.append(UInt8(ascii: ","))
    FigureText.appendMillionths(result.accumulator.meanMillionths, to: &bytes)
    bytes.append(UInt8(ascii: ","))
    FigureText.appendTenths(Int64(result.accumulator.maxTenths), to: &bytes)
    bytes.append(UInt8(ascii: "\n"))
  }
}
