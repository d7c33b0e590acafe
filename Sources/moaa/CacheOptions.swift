// The options of commands that use the cache of downloads.

import Arguments
import Downloads
import Glibc

enum CacheOptions {
  static let cache = Option.value(
    "cache", "FOLDER",
    "Where downloads are kept (default: $MOAA_CACHE, else $XDG_CACHE_HOME/moaa, else ~/.cache/moaa)."
  )
  static let country = Option.value(
    "country", "CODE",
    "Only stations of a country, by its FIPS code of two letters, such as GM or JA.")
  static let box = Option.value(
    "bbox", "N,W,S,E",
    "Only stations within these degrees; across the date line W is greater than E.")

  static func folder(_ arguments: ParsedArguments) throws -> String {
    func variable(_ name: String) -> String? {
      getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
    if let folder = arguments.value("cache") ?? variable("MOAA_CACHE") {
      guard !folder.isEmpty else {
        throw UsageError(message: "--cache: the folder's name is empty")
      }
      return folder
    }
    if let folder = variable("XDG_CACHE_HOME") { return folder + "/moaa" }
    guard let home = variable("HOME") else {
      throw UsageError(message: "there is no $HOME to keep a cache in: name a folder with --cache")
    }
    return home + "/.cache/moaa"
  }

  static func filter(_ arguments: ParsedArguments) throws -> StationFilter {
    StationFilter(
      country: try arguments.value("country", expecting: "a FIPS code of two letters") { text in
        let code = text.uppercased()
        return code.utf8.count == 2
          && code.utf8.allSatisfy { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") }
          ? code : nil
      },
      box: try arguments.value(
        "bbox", expecting: "four numbers of degrees: north, west, south, east", GeoBox.init))
  }

  /// A day, counted from 1970-01-01.
  static func day(_ arguments: ParsedArguments, _ name: String) throws -> Int64? {
    try arguments.value(name, expecting: "a day such as 2022-06-24") { text in
      text.utf8.count == 10 ? DayText.day(text) : nil
    }
  }
}
